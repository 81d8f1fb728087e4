"""The measures: of rankings by ir-measures, of confidences by scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ragbot.errors import RagbotError

__all__ = ["ranking_measures", "refusal_measures"]

Ranking = tuple[str, frozenset[str], Sequence[str]]
"""A question's id, the documents that answer it, and the documents found, best first."""


def ranking_measures(rankings: Sequence[Ranking]) -> dict[str, float]:
    """Return recall, MRR and nDCG over the questions, counting documents."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    if not rankings:
        raise RagbotError("The file of questions holds none; add some.")
    qrels = [ir_measures.Qrel(q, doc, 1) for q, gold, _ in rankings for doc in gold]
    run = [
        ir_measures.ScoredDoc(q, doc, -float(place))
        for q, _, found in rankings
        for place, doc in enumerate(found)
    ]
    wanted: dict[str, Any] = {
        "recall@1": R @ 1,
        "recall@5": R @ 5,
        "recall@10": R @ 10,
        "mrr@10": RR @ 10,
        "ndcg@10": nDCG @ 10,
    }
    values = ir_measures.calc_aggregate(list(wanted.values()), qrels, run)
    return {name: float(values[measure]) for name, measure in wanted.items()}


def refusal_measures(
    answerable: Sequence[float], unanswerable: Sequence[float], threshold: float
) -> dict[str, float]:
    """Return how well confidences tell questions with an answer from those without."""
    from sklearn.metrics import roc_auc_score

    kept, refused = np.asarray(answerable), np.asarray(unanswerable)
    labels = np.concatenate([np.ones(len(kept)), np.zeros(len(refused))])
    at_95 = np.quantile(kept, 0.05)
    return {
        "auroc": float(roc_auc_score(labels, np.concatenate([kept, refused]))),
        "refused_at_95_kept": float((refused < at_95).mean()),
        "refused_at_threshold": float((refused < threshold).mean()),
        "kept_at_threshold": float((kept >= threshold).mean()),
    }

"""Train the reader and put it into the package: ``python -m training [--folder FOLDER]``.

Less than two hours on two cores. What it has done is kept in the folder: run again after a
kill, it goes on from the last checkpoint.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning starves others

_ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Mine, train, pack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "eval")
    parser.add_argument("--folder", type=Path, default=_ROOT / "embeddings" / "training")
    parser.add_argument(
        "--to", type=Path, default=_ROOT / "src" / "ragbot" / "reader" / "reader.safetensors"
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    from filelock import FileLock, Timeout
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    from ragbot.embedding import load_embedder
    from ragbot.embedding.onnx_engine import open_tokenizer
    from ragbot.errors import RagbotError
    from ragbot.reader.joining import MAX_TOKENS, Joiner
    from ragbot.reader.packing import pack
    from training.data import examples, mine, training_questions
    from training.loop import Plan, batches, check, learn, tokenised
    from training.together import together

    lock = FileLock(options.folder / "training.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        sys.exit(f"A training in {options.folder} is running; wait for it to end, or kill it.")
    plan = Plan()
    data_dir = options.folder / "data"
    load_embedder(None, data_dir / "models")  # prepares the model's folder
    model_folder = data_dir / "models" / "multilingual-e5-small"

    questions = training_questions(options.data)
    unanswered = mine(questions, options.folder, data_dir)
    joiner = Joiner(open_tokenizer(model_folder / "tokenizer.json", MAX_TOKENS))

    steps = {}
    for stage in plan.stages:
        made = []
        for seed in range(stage.seed, stage.seed + stage.passes):
            made += batches(
                tokenised(joiner, examples(questions, unanswered, stage.cut, seed)),
                plan.batch_tokens,
                seed,
            )
        steps[stage] = made[: stage.most_steps]
        sys.stderr.write(f"{stage.name}: {len(questions)} questions, {len(steps[stage])} steps\n")
    trained = options.folder / "trained.safetensors"
    try:
        check(plan, steps, options.folder)
    except RagbotError as error:
        sys.exit(str(error))
    together(plan.processes, learn, plan, steps, model_folder, options.folder, trained)

    with safe_open(model_folder / "model.safetensors", "numpy") as base:
        aside = options.to.with_suffix(".new")
        save_file(pack(load_file(trained), base.get_tensor), aside)
    aside.chmod(0o644)  # it is given to its owner only
    aside.replace(options.to)
    sys.stderr.write(f"{options.to}: {options.to.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()

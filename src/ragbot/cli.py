"""The terminal: a thin face of the functions others call from Python."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ragbot.errors import RagbotError

if TYPE_CHECKING:
    from ragbot.bot import Ragbot
    from ragbot.index.protocols import Progress

__all__ = ["main"]

_JSON = click.option("as_json", "--json", is_flag=True, help="Print one JSON object.")


def _emit(result: Any) -> None:
    from ragbot.results import as_json

    sys.stdout.write(json.dumps(as_json(result), ensure_ascii=False) + "\n")


def _bot() -> "Ragbot":
    from ragbot.bot import Ragbot

    return Ragbot.open()


def _leave() -> NoReturn:
    """End the process here and now.

    A command that has only read has nothing left to do, and taking the model apart in good order
    takes half a second.
    """
    sys.stdout.flush()
    os._exit(0)


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Show progress with an ETA on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _question(_: click.Context, __: click.Parameter, text: str) -> str:
    """Read a question of ``-`` from standard input: a command line has no room for a long one."""
    return sys.stdin.buffer.read().decode("utf-8", "replace") if text == "-" else text


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ragbot")
def cli() -> None:
    """Answer questions from Chinese documents, with citations."""


@cli.command()
@click.argument("question", callback=_question)
@click.option("--history", multiple=True, help="An earlier question; repeat, oldest first.")
@_JSON
def ask(question: str, history: tuple[str, ...], as_json: bool) -> None:
    """Answer QUESTION, or say that the documents do not; - reads it from standard input."""
    answer = _bot().answer(question, history=history)
    if as_json:
        _emit(answer)
        _leave()
    lines = [answer.text]
    if answer.reason:
        lines.append(answer.reason)
    for c in answer.citations:
        place = " · ".join(part for part in (c.document, c.heading, c.byline) if part)
        lines.append(f"[{c.n}] {place} ({c.start}-{c.end}, {c.state})")
    if near := answer.nearest:
        place = " · ".join(part for part in (near.citation.document, near.heading) if part)
        lines.append(f"≈ {place} ({near.citation.start}-{near.citation.end})")
    sys.stdout.write("\n".join(lines) + "\n")
    _leave()


@cli.command()
@click.argument("query", callback=_question)
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@_JSON
def retrieve(query: str, k: int, as_json: bool) -> None:
    """Find the K passages that answer QUERY best."""
    found = _bot().retrieve(query, k)
    if as_json:
        _emit(found)
        _leave()
    for hit in found.hits:
        c = hit.citation
        place = " · ".join(part for part in (c.document, hit.heading, hit.byline) if part)
        sys.stdout.write(f"{hit.score:.3f}  {place} ({c.start}-{c.end})\n       {hit.text}\n")
    _leave()


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_JSON
def rebuild(paths: tuple[Path, ...], as_json: bool) -> None:
    """Make the documents in PATHS the index; without PATHS, those of the last time."""
    bot = _bot()
    with _progress() as progress:
        report = bot.rebuild(paths, progress=progress)
    if as_json:
        _emit(report)
        return
    d, p = report.documents, report.passages
    sys.stdout.write(
        f"documents: {d.added} added, {d.changed} changed, {d.unchanged} unchanged, "
        f"{d.removed} removed, {d.failed} failed\n"
        f"passages:  {p.added} added, {p.unchanged} unchanged, {p.removed} removed; "
        f"{report.embedded} embedded in {report.seconds:.1f} s\n"
    )
    sys.stdout.write(
        f"generation {report.generation}\n" if report.generation else "It holds nothing any more.\n"
    )
    for failure in report.failures:
        sys.stdout.write(f"failed: {failure.document}: {failure.reason}\n")


@cli.command()
@_JSON
def status(as_json: bool) -> None:
    """Say what is indexed, and by which model."""
    from ragbot.errors import IndexMissingError
    from ragbot.settings import load_settings
    from ragbot.standing import standing

    try:
        found = standing(load_settings())
    except IndexMissingError:
        found = _bot().status()  # makes the index of the sample corpus, where that is what is meant
    if as_json:
        _emit(found)
        return
    sys.stdout.write(
        f"index {found.index}: {found.documents} documents, {found.passages} passages\n"
        f"generation {found.generation} in {found.generation_path}\n"
        f"model {found.model} ({found.engine})\n"
        f"answers {f'written by {found.writer}' if found.writer else 'are quotes'}\n"
    )
    for warning in found.warnings:
        sys.stdout.write(f"warning: {warning}\n")


@cli.command()
def check() -> None:
    """Read every file of the newest generation; exit 1 if any is not whole."""
    from ragbot.index.opening import index_of
    from ragbot.settings import load_settings

    with closing(index_of(load_settings())) as index:
        wrong = index.check()
    if wrong:
        raise RagbotError(f"{' '.join(wrong)} Run 'ragbot rebuild' to replace it.")
    sys.stdout.write("Every file is whole.\n")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--report", is_flag=True, help="List every repair instead of the text.")
def repair(file: Path, report: bool) -> None:
    """Print the text of FILE with its damage undone."""
    from ragbot.text.decode import decode
    from ragbot.text.reading import read

    try:
        reading = read(decode(file.read_bytes()))
    except OSError as error:
        raise RagbotError(f"{file} cannot be read: {error.strerror}; check the path.") from None
    if not report:
        sys.stdout.write(reading.text)
        return
    for r in reading.repairs:
        line = {"start": r.start, "end": r.end, "before": r.before, "after": r.after}
        sys.stdout.write(json.dumps(line | {"certainty": r.certainty}, ensure_ascii=False) + "\n")


@cli.command("eval")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--unanswerable",
    type=click.Path(path_type=Path),
    help="JSON lines of questions that should be refused.",
)
@_JSON
def evaluate(dataset: Path, unanswerable: Path | None, as_json: bool) -> None:
    """Measure retrieval on DATASET.corpus.jsonl[.gz] and DATASET.queries.jsonl[.gz].

    Where DATASET is a file of questions of your own, they are asked of the index that is there.
    """
    from ragbot.evaluation.datasets import Dataset, read_questions
    from ragbot.evaluation.run import evaluate as run
    from ragbot.evaluation.run import evaluate_questions
    from ragbot.settings import load_settings

    without = read_questions(unanswerable) if unanswerable else []
    settings = load_settings()
    with _progress() as progress:
        if dataset.is_file():
            own = read_questions(dataset)
            found = evaluate_questions(own, settings, unanswerable=without, progress=progress)
        else:
            found = run(Dataset(dataset), settings, unanswerable=without, progress=progress)
    if as_json:
        _emit(found.measures)
        return
    for name, value in found.measures.items():
        sys.stdout.write(f"{name:22} {value:.4f}\n" if value % 1 else f"{name:22} {value:.0f}\n")
    sys.stdout.write(f"\nquestions whose first document was wrong: {len(found.failures)}\n")
    for question, documents in found.failures[:50]:
        gold = ", ".join(sorted(question.gold))
        sys.stdout.write(f"  {question.id}  {question.text}\n    {gold} ≠ {', '.join(documents)}\n")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(0, 65535))
def serve(host: str, port: int) -> None:
    """Serve the chat and the HTTP interface."""
    from ragbot.ui.server import serve as run

    run(host, port)


def main() -> None:
    """Run the command line: exit 1 with one line for what people can mend, 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        # Chinese text must come out whatever the locale; a lone surrogate must not end the program.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except RagbotError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)

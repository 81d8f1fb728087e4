"""Try to hurt an index: kills, full disks, flipped bits, missing files, readers during rebuilds.

    python -m benchmarks.durability [--kills 50] [--laws 60] [--stride 7]

Real processes, real kill -9, real FAISS, Tantivy and SQLite over mainland laws; the embedding is a
hash, for what is tested here does not depend on it. After each blow the index is opened as a server
opens it, every byte checked, and asked; then the next rebuild must complete. Exits 1 at the first
blow that hurts.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.data import ROOT, laws
from ragbot.errors import RagbotError
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from ragbot.retrieval.query import read_query
from ragbot.retrieval.retriever import search
from tests.hashing import HashingEmbedder

QUESTIONS = ("国务院有关部门的职责", "违反本法规定的处罚", "中华人民共和国公民的权利")


def child(folder: Path, corpus: Path, how: str) -> None:
    """Rebuild in this process, and die as told: ``step:n``, ``after:seconds`` or ``file:bytes``."""
    what, _, value = how.partition(":")
    if what == "after":
        threading.Timer(float(value), os.kill, (os.getpid(), signal.SIGKILL)).start()
    elif what == "file":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(value), int(value)))
    elif what == "step":
        _die_at(int(value))
    try:
        rebuild(IndexFolder(folder), [corpus], HashingEmbedder(), keep=2)
    except RagbotError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    sys.exit(0)


def _die_at(count: int) -> None:
    """Die before the n-th call that changes the disk; exit 0 where there are not so many."""
    left = [count]

    def deadly(event: str, _: tuple[object, ...]) -> None:
        if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "sqlite3.connect") or (
            event == "open"
        ):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    for module in ("faiss", "tantivy", "opencc", "rjieba", "pypinyin.constants"):
        __import__(module)
    sys.addaudithook(deadly)


def run_child(folder: Path, corpus: Path, how: str) -> subprocess.CompletedProcess[str]:
    """Rebuild in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.durability", "--child", str(folder), str(corpus), how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


class Patient:
    """An index with two published generations, and what they answer."""

    def __init__(self, root: Path, count: int) -> None:
        self.corpus = root / "laws"
        self.folder = IndexFolder(root / "indexes" / "patient")
        texts = [(name, text) for name, text in laws("laws-hans") if len(text) < 20_000][:count]
        for name, text in texts:
            path = self.corpus / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        self.first = self.corpus / texts[0][0]
        self.text = texts[0][1]
        self.count = len(texts)
        self.edits = 0
        self.rebuild()
        self.edit()
        self.rebuild()

    def edit(self) -> None:
        """Change one law."""
        self.edits += 1
        self.first.write_text(f"{self.text}\n\n第{self.edits}次修改。\n", "utf-8")

    def rebuild(self) -> None:
        """Rebuild unharmed."""
        report = rebuild(self.folder, [self.corpus], HashingEmbedder(), keep=2)
        assert report.documents.failed == 0, report

    def open(self) -> tuple[str, int]:
        """Open as a server does; returns the generation and the number of warnings."""
        generation, warnings = self.folder.open_newest(trust_unchanged=False)
        with generation:
            assert generation.manifest.documents == self.count
            for question in QUESTIONS:
                found = search(generation, HashingEmbedder(), read_query(question, longest=99), 5)
                assert len(found.found) == 5, question
            return generation.id, len(warnings)

    def survives(self, before: str | None) -> str:
        """Check that the old or the new generation is served, whole; returns which."""
        served, warnings = self.open()
        assert warnings == 0
        assert served == self.folder.current_id()
        return "old" if served == before else "new"


def kills(patient: Patient, count: int, stride: int) -> None:
    """Kill at random moments, then at every step that touches the disk."""
    begun = time.perf_counter()
    patient.edit()
    run_child(patient.folder.path, patient.corpus, "none:0")
    whole = time.perf_counter() - begun
    chance, seen = random.Random(1), Counter[str]()
    for _ in range(count):
        patient.edit()
        before = patient.folder.current_id()
        moment = chance.uniform(0.1 * whole, whole)
        run_child(patient.folder.path, patient.corpus, f"after:{moment:.3f}")
        seen[patient.survives(before)] += 1
    patient.rebuild()
    print(f"kill -9 at {count} random moments of {whole:.1f} s: all served, {dict(seen)}")
    seen.clear()
    steps = 0
    while True:
        steps += 1
        patient.edit()
        before = patient.folder.current_id()
        done = run_child(patient.folder.path, patient.corpus, f"step:{steps * stride}")
        seen[patient.survives(before)] += 1
        if done.returncode == 0:
            break
    patient.rebuild()
    print(f"kill -9 at 1 in {stride} of {steps * stride} touches of the disk: served, {dict(seen)}")


def full_disk(patient: Patient) -> None:
    """Let every file stop growing at some size, and a file system be too small."""
    sizes = [2**n for n in range(12, 26)]
    failed = 0
    for size in sizes:
        patient.edit()
        before = patient.folder.current_id()
        done = run_child(patient.folder.path, patient.corpus, f"file:{size}")
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        failed += done.returncode
        assert (patient.survives(before) == "old") == bool(done.returncode)
    patient.rebuild()
    print(
        f"files limited to {sizes[0]:,} to {sizes[-1]:,} bytes: {failed} of {len(sizes)} "
        "rebuilds gave up with one sentence, the old generation served; the next completed"
    )
    small = patient.folder.path.parent / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        print("small tmpfs: not permitted here")
        return
    try:
        done = run_child(small / "index", patient.corpus, "none:0")
        assert done.returncode == 1, done
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        print(f"tmpfs of 3 MB: {done.stderr.strip()[:100]}…")
    finally:
        subprocess.run(["umount", str(small)], check=False)


def flips(patient: Patient, count: int = 100, cuts: int = 50) -> None:
    """Flip bits, truncate and remove over all files of the newest generation."""
    newest, _ = patient.open()
    root = patient.folder.generations / newest
    files = sorted(p for p in root.rglob("*") if p.is_file() and p.stat().st_size)
    sizes = [p.stat().st_size for p in files]
    chance, noticed = random.Random(2), Counter[str]()
    # Half by size, half evenly: small files are hit as well.
    for number in range(count + cuts + len(files)):
        if number < count + cuts:
            path = chance.choices(files, sizes)[0] if number % 2 else chance.choice(files)
        else:
            path = files[number - count - cuts]
        whole = path.read_bytes()
        kind = "flip" if number < count else "cut" if number < count + cuts else "missing"
        if kind == "flip":
            at = chance.randrange(len(whole))
            path.write_bytes(
                whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :]
            )
        elif kind == "cut":
            path.write_bytes(whole[: chance.randrange(len(whole))])
        else:
            path.unlink()
        served, warnings = patient.open()
        assert served != newest, f"{kind} of {path.name} was not noticed"
        assert warnings
        noticed[kind] += 1
        path.write_bytes(whole)
    print(f"damage to {len(files)} files: all noticed, the one before served, {dict(noticed)}")


def readers(patient: Patient, threads: int = 32, publishes: int = 10) -> None:
    """Ask from many threads while rebuilds publish."""
    from ragbot.bot import Ragbot
    from ragbot.settings import load_settings

    data_dir = patient.folder.path.parent.parent
    chosen = load_settings(data_dir=data_dir, index="patient", reader=False)
    bot = Ragbot(chosen, lambda _: None)
    bot.models._embedder = HashingEmbedder()
    stop, asked = threading.Event(), Counter[str]()
    errors: list[BaseException] = []
    lock = threading.Lock()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                answer = bot.answer("第几次修改？")
                hits = [h for h in answer.hits if "次修改" in h.text]
                with lock:
                    asked[answer.generation] += 1
                    said.setdefault(answer.generation, set()).update(
                        h.text.split("次修改")[0].rsplit("第", 1)[-1] for h in hits
                    )
            except BaseException as error:
                errors.append(error)

    said: dict[str, set[str]] = {}
    crowd = [threading.Thread(target=keep_asking) for _ in range(threads)]
    for one in crowd:
        one.start()
    published = {}
    for _ in range(publishes):
        patient.edit()
        patient.rebuild()
        published[patient.folder.current_id()] = str(patient.edits)
        time.sleep(0.3)
    stop.set()
    for one in crowd:
        one.join()
    bot.close()
    assert not errors, errors[0]
    for generation, texts in said.items():
        assert len(texts) <= 1, f"{generation} gave two versions: {texts}"
        assert texts <= {published.get(generation, *texts)}, (generation, texts)
    print(
        f"{threads} threads, {publishes} publishes: {sum(asked.values())} answers from "
        f"{len(asked)} generations, no error, each of one generation"
    )


def main() -> None:
    """Do it all."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--laws", type=int, default=60)
    parser.add_argument("--stride", type=int, default=7, help="1: kill at every touch of the disk")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        patient = Patient(Path(root), options.laws)
        print(f"{patient.count} laws", flush=True)
        flips(patient)
        readers(patient)
        full_disk(patient)
        kills(patient, options.kills, options.stride)


if __name__ == "__main__":
    main()

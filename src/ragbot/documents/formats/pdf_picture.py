"""A picture of one page of a PDF, drawn by PDFium in a process of its own.

    python -P pdf_picture.py PAGE MEMORY < file > picture.png

Run as a program it imports nothing of ragbot: a hostile file can crash that process only.
"""

import subprocess
import sys

__all__ = ["picture"]

_SECONDS = 20.0
_MEMORY_BYTES = 1 << 30
_WIDTH = 1_100
"""Pixels: as wide as the panel on a screen of two pixels a point."""
_TALLEST = 4_000


def picture(data: bytes, page: int) -> bytes | None:
    """Return a page, counted from 1, as a PNG; None where it cannot be drawn."""
    try:
        drawn = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, "-P", __file__, str(page), str(_MEMORY_BYTES)],
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return drawn.stdout if drawn.returncode == 0 and drawn.stdout else None


def _main() -> None:
    number, memory = int(sys.argv[1]), int(sys.argv[2])
    data = sys.stdin.buffer.read()
    import pypdfium2

    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory + len(data), memory + len(data)))
    except (ImportError, ValueError):  # Windows; a lower limit is set already
        pass
    page = pypdfium2.PdfDocument(data)[number - 1]
    width, height = page.get_size()
    scale = min(_WIDTH / width, _TALLEST / height)
    page.render(scale=scale).to_pil().save(sys.stdout.buffer, "PNG")


if __name__ == "__main__":
    _main()

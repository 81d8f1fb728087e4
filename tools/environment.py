"""Make ``.venv`` and install ragbot and its tools into it, unless that has been done already.

Needs nothing but Python. The environment is remade when it is of another Python or broken, and
brought up to date when pyproject.toml or constraints.txt has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "ragbot-environment"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
INPUTS = ("pyproject.toml", "constraints.txt", "tools/environment.py")

# Nothing of the user's own packages may leak in, or out.
ENVIRON = {
    name: value
    for name, value in os.environ.items()
    if name
    not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
} | {"PYTHONNOUSERSITE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "0"}


def run(*command: str) -> None:
    """Run a command, and stop with its exit code where it fails."""
    done = subprocess.run(command, env=ENVIRON, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"The environment could not be made: '{' '.join(command)}' failed; see above.")


def version_of(python: Path) -> str:
    """Return a Python's version, or nothing where it does not run."""
    code = "import sys, pip; print(sys.version)"
    try:
        done = subprocess.run(
            (str(python), "-c", code), env=ENVIRON, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def main() -> None:
    """Bring the environment up to date."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(
            f"ragbot needs Python 3.11 to 3.13, this is {sys.version.split()[0]}; "
            "run 'make PYTHON=python3.12 run' with one of those."
        )
    # The folder is part of it: the scripts of an environment that was moved do not run.
    digest = hashlib.sha256(f"{sys.version}\0{VENV}".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    key = digest.hexdigest()
    if STAMP.is_file() and STAMP.read_text("utf-8") == key and PYTHON.exists():
        return
    print("Preparing the environment in .venv (once; a few minutes) …", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    if version_of(PYTHON) != sys.version:
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(VENV))
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet", "--constraint", "constraints.txt")
    run(*pip, "--upgrade", "pip")
    run(*pip, "--editable", ".", "--group", "dev")
    STAMP.write_text(key, "utf-8")


if __name__ == "__main__":
    main()

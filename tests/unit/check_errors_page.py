"""docs/errors.md is the page that err_codes.def makes."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.exit(subprocess.run([sys.executable, ROOT / "docs/errors_page.py", "--check"], check=False).returncode)

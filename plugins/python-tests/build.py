"""Builds the component: `python3 build.py OUT.wasm`.

componentize-py is installed into `$ASSAY_PYTHON_TOOLS`, or `target/python-tools` of the
checkout, the first time. Exit code 3 means that it cannot be installed here.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:
    sys.exit("Python 3.11 or newer is wanted: this one cannot read plugin.toml")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SDK = ROOT / "sdk" / "python" / "common"
NOT_INSTALLED = 3

# What ends up in the component; tests and mutators do not.
SOURCES = ("judge.py", "modules.py", "solution.py", "steps.py", "suite.py", "trial.py", "values.py")


def main(out: Path):
    tool = installed(Path(os.environ.get("ASSAY_PYTHON_TOOLS", ROOT / "target" / "python-tools")))
    with tempfile.TemporaryDirectory() as folder:
        for path in [*(HERE / name for name in SOURCES), SDK / "assay.py", SDK / "component.py"]:
            shutil.copy(path, folder)
        built = Path(folder, "component.wasm")
        command = [tool, "-q", "-d", ROOT / "wit" / "0.1.0", "-w", "verifier", "componentize", "component"]
        subprocess.run([*command, "-p", folder, "--stub-wasi", "-o", built], check=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(built.read_bytes() + custom_section("assay:manifest", manifest()))
    print(f"{out}: {out.stat().st_size:,} bytes")


def installed(folder: Path) -> Path:
    """The tool of the version that the templates pin."""
    wanted = (SDK / "requirements.txt").read_text(encoding="utf-8").strip()
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    mark = folder / "installed.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
        venv.create(folder, with_pip=True)
        command = [scripts / "python", "-m", "pip", "install", "--quiet", wanted]
        if subprocess.run(command, check=False).returncode != 0:
            print(f"{wanted} cannot be installed here", file=sys.stderr)
            sys.exit(NOT_INSTALLED)
        mark.write_text(wanted, encoding="utf-8")
    return scripts / "componentize-py"


def manifest() -> bytes:
    plugin = tomllib.loads((HERE / "plugin.toml").read_text(encoding="utf-8"))
    schema = json.loads((HERE / plugin["config_schema"]).read_text(encoding="utf-8"))
    goldens = json.loads((HERE / "goldens.json").read_text(encoding="utf-8"))
    return json.dumps({**plugin, "config_schema": schema, "goldens": goldens}, ensure_ascii=False).encode()


def custom_section(name: str, data: bytes) -> bytes:
    label = name.encode()
    body = unsigned(len(label)) + label + data
    return b"\x00" + unsigned(len(body)) + body


def unsigned(number: int) -> bytes:
    """LEB128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 build.py OUT.wasm")
    main(Path(sys.argv[1]))

"""What is built from this repository: every package, every data file, the same with links and without."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mypy.main import process_options

ROOT = Path(__file__).parents[1]
HOUSE = {
    "src/modelcheck": "modelcheck",
    "checks": "modelcheck/checks",
    "cli": "modelcheck/cli",
    "profiles": "modelcheck/profiles",
    "reports": "modelcheck/reports",
}
"""Folder here → folder in the wheel."""

LINKS = ("checks", "cli", "profiles", "reports")
LINKED = {f"src/modelcheck/{name}" for name in LINKS}
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


def run(command: list[str], tree: Path, **environment: str) -> str:
    """What the command prints, in this folder."""
    done = subprocess.run(
        command, cwd=tree, env=os.environ | environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def our_files() -> list[str]:
    """Every file of the repository, committed or about to be; paths with `/`, links among them."""
    listed = run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT
    )
    return sorted(name for name in set(listed.split("\0")) if name and os.path.lexists(ROOT / name))


def copied(tree: Path, *, links: bool) -> Path:
    """A clean checkout: with links, or with the short text files that git leaves where it makes none."""
    for name in our_files():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target, follow_symlinks=False)
        if target.is_symlink() and not links:
            goes_to = target.readlink().as_posix()
            target.unlink()
            target.write_text(goes_to, encoding="utf-8")
    return tree


def built(tree: Path, out: Path) -> Path:
    """The wheel of this tree, by the setuptools at hand and no index."""
    run([sys.executable, "-c", BUILD, str(out)], tree)
    (wheel,) = out.glob("*.whl")
    return wheel


def contents(wheel: Path) -> dict[str, bytes]:
    """Path in the wheel → its bytes."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def packaged() -> Iterator[tuple[str, str]]:
    """Every file that belongs in the wheel: its path here, its path there."""
    for name in our_files():
        for here, there in HOUSE.items():
            if name.startswith(f"{here}/") and name not in LINKED:
                yield name, there + name.removeprefix(here)


def require_links() -> None:
    if all((ROOT / link).is_file() for link in LINKED):
        pytest.skip("git made no symlinks here")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copied(tmp_path_factory.mktemp("checkout"), links=True)
    return built(tree, tmp_path_factory.mktemp("wheel"))


def test_each_folder_has_its_line_in_pyproject() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    listed = set(setuptools["packages"])

    folders = {there.rpartition("/")[0].replace("/", ".") for _, there in packaged()}

    missing = "".join(f'\n  "{name}",' for name in sorted(folders - listed))
    assert not missing, f"add to [tool.setuptools] packages in pyproject.toml:{missing}"
    gone = "".join(f'\n  "{name}",' for name in sorted(listed - folders))
    assert not gone, f"remove from [tool.setuptools] packages in pyproject.toml:{gone}"
    assert setuptools["package-dir"] == {there.replace("/", "."): here for here, there in HOUSE.items()}


def test_each_folder_of_code_says_that_it_is_a_package() -> None:
    code = {here.rpartition("/")[0] for here, _ in packaged() if here.endswith(".py")}

    silent = sorted(f"{folder}/__init__.py" for folder in code if not (ROOT / folder / "__init__.py").is_file())

    assert silent == [], "import-linter passes over what these files are missing from"


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    expected = {there: (ROOT / here).read_bytes() for here, there in packaged()}

    held = {name: data for name, data in contents(wheel).items() if ".dist-info/" not in name}

    missing = "".join(f"\n  {name}" for name in sorted(expected.keys() - held.keys()))
    assert not missing, f"neither packages nor package-data of [tool.setuptools] in pyproject.toml cover:{missing}"
    assert held == expected
    assert "modelcheck/py.typed" in held


def test_the_wheel_is_the_same_from_a_checkout_without_links(wheel: Path, tmp_path: Path) -> None:
    tree = copied(tmp_path / "checkout", links=False)
    assert not any(path.is_symlink() for path in tree.rglob("*"))

    assert contents(built(tree, tmp_path)) == contents(wheel)


def test_the_wheel_imports_where_nothing_else_of_the_checkout_is(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel)]
    run([sys.executable, "-m", "pip", *install], tmp_path)

    program = "import modelcheck.cli, modelcheck.core; print(modelcheck.cli.__file__, modelcheck.core.__file__)"
    printed = run([sys.executable, "-c", program], tmp_path, PYTHONPATH=str(target))

    package = target / "modelcheck"
    assert printed.strip() == f"{package / 'cli' / '__init__.py'} {package / 'core' / '__init__.py'}"


def test_the_version_is_read_without_importing_anything() -> None:
    tree = ast.parse((ROOT / "src" / "modelcheck" / "__init__.py").read_text(encoding="utf-8"))

    versions = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
    ]

    assert [type(version) for version in versions] == [str]


@pytest.mark.parametrize("name", LINKS)
def test_the_package_links_to_the_folders_on_top(name: str) -> None:
    require_links()

    link = ROOT / "src" / "modelcheck" / name

    assert link.is_symlink(), f"make it again: ln -s ../../{name} src/modelcheck/{name}"
    assert link.readlink().as_posix() == f"../../{name}"


def mypy_sees(tree: Path, monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """The files that `mypy` without arguments checks in this checkout."""
    monkeypatch.chdir(tree)
    sources, _ = process_options([])
    return {Path(source.path).resolve() for source in sources if source.path and source.path.endswith(".py")}


def test_mypy_sees_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    require_links()

    expected = {(ROOT / here).resolve() for here, _ in packaged() if here.endswith(".py")}

    assert mypy_sees(ROOT, monkeypatch) == expected


def test_mypy_does_not_see_what_no_link_leads_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = copied(tmp_path, links=False)

    seen = {path.relative_to(tree.resolve()).parts[0] for path in mypy_sees(tree, monkeypatch)}

    assert seen == {"src"}

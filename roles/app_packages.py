# Installs what a release names of Python packages into its folder venv: the lines of
# requirements.txt or, without any, pyproject.toml. A project that names its build system
# is built and installed (PEP 517), of one that does not, or that says it is no package, only
# the dependencies are.
# Arguments: a virtual environment that was made before, "" for none, the path that it was
# made at, and that of the new one. Where it was made of the same, it is copied.
import codecs
import configparser
import glob
import hashlib
import ipaddress
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.parse

before, made_at, here = sys.argv[1:]
mark = "venv/.foobar-packages"


def run(*words, env=None):
    if status := subprocess.run(words, env=env).returncode:
        sys.exit(status if status > 0 else 1)


def decoded(name):
    """The text of a file as pip reads it: PowerShell writes UTF-16."""
    with open(name, "rb") as f:
        raw = f.read()
    return raw.decode("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig", "replace")


def unquoted(words):
    """The first of the words of an option, which may be quoted."""
    try:
        return shlex.split(words)[0]
    except ValueError:
        return words


def lines(name):
    """The lines of a file of requirements and of those that it names, without comments."""
    found, seen, left = [], set(), [name]
    while left:
        name = os.path.normpath(left.pop())
        if name in seen:
            continue
        seen.add(name)
        for line in re.sub(r"\\\r?\n", " ", decoded(name)).splitlines():
            line = re.sub(r"(^|\s)#.*", "", line).strip()
            if line:
                found.append(line)
            other = re.match(r"(?:-r|--requirement|-c|--constraint)[\s=]*(\S.*)", line)
            if other and "://" not in other[1]:
                left.append(os.path.join(os.path.dirname(name), unquoted(other[1])))
    return found


def project(must=True):
    try:
        import tomllib
    except ImportError:
        if not must:
            return {}
        sys.exit("ERROR: Python reads pyproject.toml from its version 3.11 on; name the packages in requirements.txt")
    with open("pyproject.toml", "rb") as f:
        return tomllib.load(f)


# Whether Debian's packages bring what builds a project; for the environment's own Python,
# which has pip.
there = """
import importlib.metadata, sys
from pip._vendor.packaging.requirements import Requirement
for r in map(Requirement, sys.argv[1:]):
    if r.marker is None or r.marker.evaluate():
        try:
            if not r.specifier.contains(importlib.metadata.version(r.name), prereleases=True):
                sys.exit(1)
        except importlib.metadata.PackageNotFoundError:
            sys.exit(1)
"""


def index():
    """The index that pip is told of, "" for its own."""
    conf = configparser.RawConfigParser()
    try:
        conf.read(os.environ.get("PIP_CONFIG_FILE", ""))
        return conf.get("global", "index-url", fallback="")
    except (configparser.Error, OSError, ValueError):
        return ""


def by_address():
    """Whether the index is named by an IP address, for which pip from 24.2 on fails with
    the verifier that it prefers (truststore)."""
    try:
        ipaddress.ip_address(urllib.parse.urlsplit(index()).hostname or "")
    except ValueError:
        return False
    for info in glob.glob("venv/lib/python3*/site-packages/pip-*.dist-info"):
        version = re.search(r"pip-([0-9]+)\.([0-9]+)", info)
        return bool(version) and (int(version[1]), int(version[2])) >= (24, 2)
    return False


# What takes the version of a project from git, which a release is without, and the variable
# that says it instead.
VERSIONS = {
    "setuptools-scm": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "hatch-vcs": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "flit-scm": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "pbr": "PBR_VERSION",
    "pdm-backend": "PDM_BUILD_SCM_VERSION",
    "poetry-dynamic-versioning": "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "uv-dynamic-versioning": "UV_DYNAMIC_VERSIONING_BYPASS",
}


def plain(line):
    """The name of the package that a requirement is for, in the spelling that all of its have in common."""
    return re.sub("[-_.]+", "-", re.split("[^A-Za-z0-9_.-]", line.strip())[0].lower())


def unversioned(build, name=""):
    """The variables that a build needs in place of git; none where it has git, or says what to do without.
    With a name it is for the package of that name alone, where there is a variable for that: older versions
    of setuptools-scm want the name as it is written."""
    if os.path.exists(".git") or "fallback" in decoded("pyproject.toml"):
        return {}
    found = {}
    for needs in map(plain, build.get("requires", [])):
        variables = [VERSIONS[needs]] if needs in VERSIONS else []
        if name and needs == "setuptools-scm":
            variables = [variables[0] + "_FOR_" + n.upper() for n in (name, plain(name).replace("-", "_"))]
        found.update(dict.fromkeys(variables, "0+" + os.path.basename(os.path.dirname(here))))
    return found


def key(parts):
    return hashlib.sha256(repr((sys.version, os.environ.get("FOOBAR_COMMANDS"), parts)).encode()).hexdigest()


# Such a line says where a package is, not which: what is there may be another by now.
# To pip a name with a slash in it is a folder, and -f is --find-links. An index is no such place.
elsewhere = re.compile(r"^(?!(-i|--(extra-)?index-url)[\s=]+\S+$)(-e|--editable|-f|\.|[^-;][^;]*/|/|.*(://|@\s*file:|\.(whl|zip|tar|t[bglx]z)\b|find-links))")

# The line that is for the project in whose source the file lies.
itself = re.compile(r"((-e|--editable)[\s=]*)?\./?(\[[^]]*\])?\s*(;.*)?$")

build, what, options, versions = {}, [], [], {}
try:
    named = lines("requirements.txt") if os.path.exists("requirements.txt") else []
except OSError as why:
    sys.exit(f"ERROR: Could not open requirements file: {why}")
if named:
    what, options = ["-r", "requirements.txt"], ["--require-hashes"] if any("--hash=" in line for line in named) else []
    made_of = "" if any(elsewhere.search(line) for line in named) else key(named)
    if any(map(itself.match, named)) and os.path.exists("pyproject.toml"):
        try:
            told = project(must=False)
            versions = unversioned(told.get("build-system", {}), told.get("project", {}).get("name", ""))
        except ValueError:
            pass  # pip says what is wrong with it
elif os.path.exists("pyproject.toml"):
    try:
        told = project()
    except ValueError as why:
        sys.exit(f"ERROR: pyproject.toml: {why}")
    build, table, tool = told.get("build-system", {}), told.get("project", {}), told.get("tool", {})
    what = table.get("dependencies", [])
    # Their own programs do not build such a project; Poetry refuses to where pip asks it.
    unbuilt = False in (tool.get("poetry", {}).get("package-mode"), tool.get("uv", {}).get("package"), tool.get("pdm", {}).get("distribution"))
    if unbuilt:
        build = {}
    # pip would take another package of that name from the index. Which index, pip is told elsewhere.
    own = {plain(name) for name, at in tool.get("uv", {}).get("sources", {}).items() for one in (at if isinstance(at, list) else [at]) if {"git", "url", "path", "workspace"} & set(one) and not {"group", "extra"} & set(one)}
    if lost := sorted(own.intersection(map(plain, what))):
        # An index of the app's own may be where they are for others than its authors.
        (print if index() else sys.exit)(f"{'WARNING' if index() else 'ERROR'}: pyproject.toml says where {', '.join(lost)} is for uv alone, in [tool.uv.sources]; write that to requirements.txt, too: uv export --no-dev --no-emit-project -o requirements.txt")
    if not build and "dependencies" not in table and set(tool.get("poetry", {}).get("dependencies", {})) - {"python"}:
        (sys.exit if unbuilt else print)(("ERROR" if unbuilt else "WARNING") + ": pyproject.toml names its packages for Poetry alone, in [tool.poetry.dependencies]; write them to requirements.txt, too: poetry export -o requirements.txt")
    fixed = "dependencies" in table or "dependencies" not in table.get("dynamic", []) and table
    made_of = key([table.get("name"), what] + ["not built"] * unbuilt) if (fixed or not build) and not any(elsewhere.search(line) for line in what) and not os.path.exists("setup.py") else ""
if not what and not build:
    sys.exit(0)

os.mkdir(".foobar-tmp", 0o700)
copied = False
if before and made_of:
    try:
        with open(os.path.join(before, ".foobar-packages"), encoding="ascii") as f:
            copied = f.read() == made_of
    except OSError:
        pass
if copied:
    run("cp", "-a", "--reflink=auto", "--", before, "venv")
    for folder, _, names in os.walk("venv/bin"):
        for name in [os.path.join(folder, n) for n in names] + ["venv/pyvenv.cfg"]:
            if not os.path.islink(name) and os.path.isfile(name):
                with open(name, "rb") as f:
                    text = f.read()
                moved = text.replace(made_at.encode(), here.encode())
                if moved != text:
                    with open(name, "wb") as f:
                        f.write(moved)
    print("its Python packages are those of the release before")
else:
    run("/usr/bin/python3", "-I", "-m", "venv", "--system-site-packages", here)

pip = [here + "/bin/python", "-I", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--no-cache-dir"]
if by_address():
    # Not an option: the pip that this one starts for what builds a package reads it, too.
    os.environ["PIP_USE_DEPRECATED"] = "legacy-certs"
if build:
    # Not in the release itself: what a build leaves would be part of it.
    shutil.copytree(".", ".foobar-tmp/project", symlinks=True, ignore=lambda folder, names: [n for n in names if folder == "." and n in ("venv", ".foobar-tmp")])
    if copied:
        options += ["--no-deps", "--force-reinstall"]
    # By itself: how it is built, and a version in place of git's, are for no other package that is built.
    wheel = [*pip[:4], "wheel", *pip[5:], "--no-deps", "-w", ".foobar-tmp/wheels", "./.foobar-tmp/project"]
    env = os.environ | unversioned(build)
    # What Debian has may be too old for the project; then the index is asked, as pip does by itself.
    said = ""
    if subprocess.run([*pip[:2], "-c", there, *build.get("requires", ["setuptools"])]).returncode == 0:
        first = subprocess.run([*wheel, "--no-build-isolation"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        said = first.stdout if first.returncode else ""
    if not glob.glob(".foobar-tmp/wheels/*.whl") and (failed := subprocess.run(wheel, env=env).returncode):
        print(said, end="")  # rather than that there is no index
        sys.exit(1 if failed < 0 else failed)
    run(*pip, *options, *glob.glob(".foobar-tmp/wheels/*.whl"))
elif not copied:
    run(*pip, *options, *what, env=os.environ | versions)
# The environment sees Debian's websockets, too, which an uvicorn of its own takes unasked, and
# from 0.50 on does not start with where it is older than 13.
takes = "import importlib.util\nif importlib.util.find_spec('websockets'): import uvicorn.protocols.websockets.auto"
if glob.glob("venv/lib/python3*/site-packages/uvicorn/protocols") and subprocess.run([*pip[:2], "-c", takes], stderr=subprocess.DEVNULL).returncode:
    if "--require-hashes" in options:
        sys.exit("ERROR: Cannot install uvicorn alone, which does not start with Debian's older websockets; add websockets to requirements.txt, with its hashes")
    run(*pip, "--upgrade", "websockets")
with open(mark, "w", encoding="ascii") as f:
    f.write(made_of)

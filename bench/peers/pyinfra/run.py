# Runs pyinfra from the checkout that $PYINFRA names, with Debian's Python packages: for
# machines where pip reaches no index. An older typeguard than pyinfra wants is replaced
# by a stub: it only checks the types of arguments.
import os
import sys
import warnings

warnings.filterwarnings("ignore")
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim"), os.environ["PYINFRA"]]
import pyinfra_cli.__main__  # noqa: E402, F401 - its import runs it

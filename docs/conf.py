"""The documentation site: `nox -s site` builds it into build/site. Neither the build nor its pages fetch anything."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import fastinit

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path.insert(0, str(Path(__file__).parent / "_site"))

project = "fastinit"
author = "The fastinit maintainers"
version = release = fastinit.__version__
html_title = f"fastinit {release}"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "docstrings",
    "mathml",
    "outside",
]
exclude_patterns = ["_site"]
html_theme = "furo"
pygments_dark_style = "github-dark"  # the theme's own underlines modules, as if they were links
html_favicon = "_site/static/icon.svg"
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
# A page on GitHub says `python`; what is printed is `text`, and is not highlighted by guess.
highlight_language = "text"

default_role = "py:obj"
smartquotes_action = "D"  # no curly quotes: docstrings have values such as "torch"
# A reference that leads nowhere is an error, with two exceptions. A name in backticks may be an argument or come from
# another package. And some attributes and errors have types that are not public.
nitpicky = True
_NOT_PUBLIC = ("Content", "Expectation", "Moments", "PictureError", "Row", "Spread")
_NOT_PUBLIC += ("fastinit.signal.comparison.Trial", "fastinit.signal.coordinates.Layer")
nitpick_ignore = [("py:class", name) for name in ("NDArray", "torch.Tensor")]
nitpick_ignore_regex = [("py:obj", r"(?!fastinit\.).*"), ("py:(class|exc)", "|".join(map(re.escape, _NOT_PUBLIC)))]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autosummary_generate = True
autosummary_ignore_module_all = False
suppress_warnings = ["autosummary.import_cycle"]  # the lists of the reference have whole names
templates_path = ["_site/templates"]
maximum_signature_line_length = 72
add_module_names = False
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = [("Source", "notes_style"), ("Sources", "notes_style")]

# Prompts are not copied, and of a session only what was typed.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

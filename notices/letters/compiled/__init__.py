"""Templates converted to OpenDocument once by LibreOffice, which loads filled copies several times faster than .docx.

docxtpl remains the reference for syntax and appearance: a template or letter that the compiled form cannot reproduce
exactly raises Unsupported and is made with docxtpl.
"""

from notices.letters.compiled.filling import Form
from notices.letters.compiled.form import compile_form
from notices.letters.compiled.supported import Unsupported

__all__ = ["Form", "Unsupported", "compile_form"]

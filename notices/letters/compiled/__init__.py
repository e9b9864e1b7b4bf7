"""A template compiled once by LibreOffice itself: filled as OpenDocument, which it loads several times faster.

docxtpl stays the clerk's language and the measure of what a letter looks like; what the compiled form cannot say in
the same way is not served, and goes the way of docxtpl.
"""

from notices.letters.compiled.filling import Form
from notices.letters.compiled.form import compile_form
from notices.letters.compiled.served import NotServed

__all__ = ["Form", "NotServed", "compile_form"]

"""Parts that forms share: fields whose labels and mistakes are messages."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from notices.messages import Message, say

LONGEST_TEXT = 500


def required_text(label: Message, *, longest: int = LONGEST_TEXT) -> Any:
    """Return a text field that must be filled in, without spaces around it."""
    return StringField(
        label,
        filters=[lambda value: " ".join(value.split()) if value else value],
        validators=[DataRequired(say("Fill this in.")), Length(max=longest, message=say("This is too long."))],
    )


class ReasonForm(FlaskForm):
    """A reason, which is kept with what is done."""

    why = required_text(say("Reason"))

"""What a letter says, the .docx template, many letters in one document, and the proof that a page is its owner's."""

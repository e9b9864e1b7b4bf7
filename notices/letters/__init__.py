"""Letters: template fields, .docx templates, documents of many letters, and proof that each page is its owner's."""

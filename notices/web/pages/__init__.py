"""One module for each page of docs/page.md; a blueprint each, listed in `notices.web.application`."""

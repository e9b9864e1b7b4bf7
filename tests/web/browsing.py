"""A browser without a window: forms sent with their token, and the passwords of the users in these tests."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORDS = {role: f"four words of the {role}" for role in ("viewer", "watcher", "clerk", "approver", "admin")}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A client that sends forms as a browser does: with the token of the page that they stand on."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **more: object) -> TestResponse:
        return self.client.get(address, **more)  # type: ignore[arg-type]

    def token(self, page: str = "/") -> str:
        found = TOKEN.search(self.client.get(page, follow_redirects=True).text)
        assert found, page
        return found[1]

    def post(self, address: str, fields: dict[str, object] | None = None, page: str = "/") -> TestResponse:
        return self.client.post(address, data={"csrf_token": self.token(page), **(fields or {})})

    def log_in(self, name: str, password: str) -> TestResponse:
        return self.post("/log-in", {"name": name, "password": password}, page="/log-in")

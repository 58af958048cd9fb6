"""Refreshes a token without any care: reads a file, asks, prints."""

import json
import sys
from pathlib import Path

import httpx

token = json.loads(Path(sys.argv[1]).read_text())
form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
form |= {"client_id": token["appid"], "client_secret": sys.argv[3]}
print(httpx.post(f"{sys.argv[2]}/access_token", data=form).raise_for_status().json()["expires_in"])

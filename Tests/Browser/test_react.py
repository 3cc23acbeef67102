"""The React component, in StrictMode and with React's development build, which mounts everything twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import expect

from callpage import token_url
from conftest import HERE, LIBRARY
from daemon import HEALTH
from patience import eventually
from tab import Tab
from test_abort import hold_answer, hold_microphone, hold_token
from web import Web

#: Where Debian's node-react and node-react-dom are.
MODULES = "/usr/share/nodejs"


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The origin of the bundled page. Nothing of React is kept in the repository."""
    folder: Path = tmp_path_factory.mktemp("react")
    assert shutil.which("esbuild"), "Debian's esbuild is missing"
    command = ["esbuild", HERE / "pages" / "react-app.jsx", "--bundle", "--format=esm", "--jsx=automatic"]
    define = '--define:process.env.NODE_ENV="development"'
    output = f"--outfile={folder / 'react-app.js'}"
    subprocess.run(
        [*command, define, output, "--log-level=warning"], env=os.environ | {"NODE_PATH": MODULES}, check=True
    )
    server = Web(folder, HERE / "pages").start()
    yield server
    server.stop()


@pytest.fixture
def chat(open_tab, app, daemon) -> Tab:
    """A page with the component."""
    tab = open_tab().go(app.origin + "/react.html")
    tab.until("window.ready")
    tab.js("options => mount(options)", {"token": token_url(daemon)})
    expect(tab.page.get_by_role("button", name="Connect")).to_be_visible()
    return tab


def test_the_component_leads_a_conversation(chat, peer):
    page = chat.page
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("status")).to_have_text("Connected")
    assert chat.js("ledger.made") == {"peers": 1, "tracks": 1} and peer.mint_requests == 1
    page.get_by_label("Message").fill("Hello from React.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Assistant: You said: Hello from React.")
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("status")).to_have_text("The call has ended")
    chat.assert_nothing_is_left()


@pytest.mark.parametrize("phase", [hold_microphone, hold_token, hold_answer])
def test_unmounting_while_connecting_ends_the_attempt(chat, peer, phase):
    held = phase(chat, peer)
    reached = next(held)
    chat.page.get_by_role("button", name="Connect").click()
    eventually(reached, phase.__name__)
    chat.js("() => show(false)")
    chat.until("document.querySelector('#gone') !== null")
    next(held, None)
    chat.assert_nothing_is_left()
    assert peer.open_calls == []


def test_unmounting_during_a_call_ends_it_and_mounting_again_begins_anew(chat, peer):
    for calls in (1, 2):
        chat.page.get_by_role("button", name="Connect").click()
        expect(chat.page.get_by_role("status")).to_have_text("Connected")
        assert chat.js("ledger.made.peers") == calls
        chat.js("() => show(false)")
        chat.until("document.querySelector('#gone') !== null")
        chat.assert_nothing_is_left()
        eventually(lambda: not peer.open_calls, "the peer has seen the end")
        chat.js("() => show(true)")
        chat.until("document.querySelector('#gone') === null")
    assert len(peer.used) == 2


def test_what_failed_is_said_and_can_be_tried_again(chat, peer):
    peer.keys_are_late = True
    chat.page.get_by_role("button", name="Connect").click()
    expect(chat.page.get_by_role("alert")).to_contain_text("expired")
    chat.assert_nothing_is_left()
    peer.keys_are_late = False
    chat.page.get_by_role("button", name="Connect").click()
    expect(chat.page.get_by_role("status")).to_have_text("Connected")
    expect(chat.page.get_by_role("alert")).to_be_empty()


#: What a registry of ES modules would answer with; React's own files are CommonJS.
MODULES_OF_REACT = """
import React from "react";
import * as client from "react-dom/client";
export const {createElement, useEffect, useId, useRef, useState, useSyncExternalStore} = React;
export const {createRoot} = client;
"""


def test_the_readmes_page_without_a_build_leads_a_conversation(open_tab, daemon, peer):
    page_source = (LIBRARY / "README.md").read_text().split("## React\n")[1].split("```html\n")[1].split("```")[0]
    command = ["esbuild", "--bundle", "--format=esm", "--define:process.env.NODE_ENV='development'"]
    environment = os.environ | {"NODE_PATH": MODULES}
    react = subprocess.run(command, input=MODULES_OF_REACT, env=environment, check=True, capture_output=True, text=True)
    tab = open_tab()
    shared = "https://esm.sh/all-of-it.js"
    script = {"content_type": "text/javascript", "headers": {"Access-Control-Allow-Origin": "*"}}
    tab.page.route("https://esm.sh/**", lambda route: route.fulfill(body=f'export * from "{shared}";', **script))
    tab.page.route(shared, lambda route: route.fulfill(body=react.stdout, **script))
    # A page of the daemon's origin: one that a route fulfils is a stranger's to Chromium, and may not reach loopback.
    page = tab.go(f"http://localhost:{daemon.port}{HEALTH}").page
    page.set_content(page_source)
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("status")).to_have_text("Connected")
    page.get_by_label("Message").fill("Hello without a build.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Assistant: You said: Hello without a build.")
    page.get_by_role("button", name="Disconnect").click()
    tab.assert_nothing_is_left()
    assert len(peer.used) == 1

"""One call to the real OpenAI, only with a key: it costs a few cents and leaves this machine."""

from __future__ import annotations

import os

import pytest

from callpage import begin

KEY = os.environ.get("OPENAI_API_KEY")


@pytest.mark.skipif(not KEY, reason="OPENAI_API_KEY is not set")
def test_the_real_service_answers(open_tab, web, start):
    daemon = start("https://api.openai.com/v1", OPENAI_API_KEY=KEY)
    tab = begin(open_tab(), web, daemon, muted=True)
    tab.run("connect", "client.connect()")
    tab.value("connect", 30)
    tab.until("said('serverevent').some(event => event.type === 'session.created')")
    tab.js("() => client.sendText('Say the word blue and nothing else.')")
    tab.until("said('serverevent').some(event => event.type === 'response.done')", 30)
    assert "blue" in tab.js("client.transcripts.at(-1).text").lower()
    tab.js("() => client.disconnect()")
    tab.assert_nothing_is_left()

"""The page on which people log in."""

from starlette.responses import HTMLResponse

from ragbot.ui.i18n import Language, say
from ragbot.ui.render import escape

__all__ = ["login_page"]


def login_page(language: Language, problem: str = "", status: int = 200) -> HTMLResponse:
    """Return the page; ``problem`` names the phrase that says why the last try failed."""

    def text(phrase: str) -> str:
        return escape(say(language, phrase))

    alert = f'<p role="alert">{text(problem)}</p>' if problem else ""
    return HTMLResponse(
        f"""<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>ragbot</title>
<link rel="icon" href="data:,">
<style>:root {{ color-scheme: light dark; font: 17px/1.7 system-ui, sans-serif }}
body {{ display: grid; place-items: center; min-height: 90vh; margin: 0 }}
form {{ display: grid; gap: 12px; width: min(320px, 86vw) }}
input, button {{ font: inherit; padding: 8px 12px; border-radius: 8px; border: 1px solid #8885 }}
button {{ background: #a4331e; color: #fff; border: 0; cursor: pointer }}</style>
<main><form method="post" action="/login"><h1>ragbot</h1>
<label for="password">{text("password")}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required autofocus>{alert}<button>{text("log_in")}</button></form></main></html>""",
        status,
    )

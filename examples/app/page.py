"""The one page, as HTML. Everything that came from outside goes through esc."""

from html import escape as esc

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/static/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css?{release}">
</head>
<body>
<header>
  <img src="/static/mark.svg" alt="" width="44" height="44">
  <div><h1>{title}</h1><p>One address, several servers. Reload to meet another one.</p></div>
</header>
<main>
<section class="cards" aria-label="Who did what">
  <div class="card"><h2>Answered by</h2><p class="name" id="server">{server}</p><p class="small">release {release}</p></div>
  <div class="card {read_class}"><h2>Read from</h2><p class="name" id="read-from">{read_from}</p><p class="small">{read_note}</p></div>
  <div class="card {write_class}"><h2>Last write went to</h2><p class="name" id="wrote-to">{wrote_to}</p><p class="small">{write_note}</p></div>
</section>
{notice}
<section>
  <h2>Guestbook</h2>
  <form method="post" action="/notes">
    <label for="text">Leave a note</label>
    <div class="row"><input id="text" name="text" maxlength="500" required autocomplete="off" placeholder="Hello from…"><button>Sign</button></div>
  </form>
  <ol class="notes">{notes}</ol>
</section>
</main>
<footer><a href="/readyz">state of the databases</a> · <a href="/api/notes">notes as JSON</a></footer>
</body>
</html>
"""

NOTE = '<li><p>{text}</p><p class="small">#{id} · written through {server} · {created_at} UTC</p></li>\n'


def render(title, server, release, notes, read_from=None, fallback=False, wrote_to=None, problem=None):
    """Return the page as bytes. read_from is None when nothing could be read."""
    if read_from is None:
        read = ("bad", "nobody", "no database answered")
    elif fallback:
        read = ("warn", read_from, "the primary, standing in for a replica")
    else:
        read = ("good", read_from, "a replica")
    write = ("good", wrote_to, "the primary") if wrote_to else ("", "—", "sign below and see")
    items = "".join(NOTE.format(**{k: esc(str(v)) for k, v in n.items()}) for n in notes)
    page = TEMPLATE.format(
        title=esc(title),
        server=esc(server),
        release=esc(release),
        read_class=read[0],
        read_from=esc(read[1]),
        read_note=read[2],
        write_class=write[0],
        wrote_to=esc(write[1]),
        write_note=write[2],
        notice='<p class="notice" role="alert">%s</p>' % esc(problem) if problem else "",
        notes=items or '<li class="empty">Nobody has signed yet.</li>',
    )
    return page.encode()

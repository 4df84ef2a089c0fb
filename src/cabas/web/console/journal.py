"""What was done in a store, by whom, latest first."""

from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.staff import queries as staff
from cabas.domain.staff.model import Permission
from cabas.kit import audit
from cabas.web.console import journal_words as words
from cabas.web.console.access import page, store_desk
from cabas.web.dates import full
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest

LINES = 100


@get("/magasins/{slug:str}/journal", include_in_schema=False)
async def shown(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.SEE_AUDIT)
        lines = await audit.latest_lines(reader, store_id=desk.store_id, limit=LINES)
        names = await staff.names(reader, staff_ids=words.staff_in(lines))
    t = request.site.catalogues[request.language]
    return page(
        request,
        desk,
        "console/journal.html",
        Frame(title=t("console.nav_audit"), nav="audit"),
        columns=[
            {"label": t(f"console.audit_{key}"), "number": False, "sort_href": "", "sorted": ""}
            for key in ("when", "who", "what", "subject", "detail")
        ],
        rows=[
            [
                {"text": text, "href": "", "badge": ""}
                for text in (
                    full(line.at, request.language),
                    words.who(line, names, t),
                    words.what(line, t),
                    words.subject(line, names, t),
                    words.detail(line, t),
                )
            ]
            for line in lines
        ],
    )

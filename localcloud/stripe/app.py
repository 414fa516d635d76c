"""The stand-in as one ASGI application below `/stripe`."""

import importlib
import pkgutil

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from localcloud.stripe import resources
from localcloud.stripe.api import Api
from localcloud.stripe.control import Control
from localcloud.stripe.pages import html
from localcloud.stripe.pages.about import about
from localcloud.stripe.pages.checkout import CheckoutPage
from localcloud.stripe.pages.invoice import InvoicePage
from localcloud.stripe.pages.portal import PortalPage
from localcloud.stripe.running import Running
from localcloud.stripe.v2 import V2

ANY = ["GET", "POST", "DELETE", "PUT", "PATCH"]
BOTH = ["GET", "POST"]

for _module in pkgutil.iter_modules(resources.__path__):
    importlib.import_module(f"{resources.__name__}.{_module.name}")


def stripe_app(running: Running) -> Starlette:
    """Stripe at `<origin>/stripe`."""
    stand_in = running.stand_in
    api, v2, control = Api(stand_in), V2(stand_in), Control(running)
    invoice = InvoicePage(stand_in)
    routes = [
        Route("/", about),
        Route("/v1/{path:path}", api.handle, methods=ANY),
        Route("/v2/core/events/{id}", v2.event),
        Route("/v2/core/event_destinations", v2.destinations, methods=BOTH),
        Route("/v2/core/event_destinations/{id}", v2.destination, methods=["GET", "DELETE"]),
        Route("/v2/{path:path}", v2.unknown, methods=ANY),
        Route("/c/pay/{session}", CheckoutPage(stand_in).handle, methods=BOTH),
        Route("/p/session/{token}", PortalPage(stand_in).handle, methods=BOTH),
        Route("/i/{invoice}.pdf", invoice.document),
        Route("/i/{invoice}", invoice.handle, methods=BOTH),
        Route("/_stand_in/faults", control.faults, methods=["GET", "POST", "DELETE"]),
        Route("/_stand_in/deliveries", control.deliveries, methods=BOTH),
    ]
    handlers = {HTTPException: _no_such_page}
    return Starlette(routes=[Mount("/stripe", routes=routes)], exception_handlers=handlers)


async def _no_such_page(_request: Request, _error: Exception) -> Response:
    return html.message("Not found", "The stand-in for Stripe has no such page.", 404)

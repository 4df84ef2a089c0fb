"""The store app's routes, all on one page."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.store_app import board, counter, device, events, papers, picking, pin, receipts, worker

ROUTES: Sequence[HTTPRouteHandler] = [
    device.enrolment,
    device.enrol,
    device.enrol_for_demo,
    pin.names,
    pin.sign_in,
    pin.lock,
    worker.service_worker,
    board.board,
    receipts.stream,
    receipts.receive,
    picking.order,
    events.record,
    events.record_batch,
    papers.labels,
    papers.sheet,
    counter.arrivals,
    counter.find,
    counter.order,
    counter.start,
    counter.crate,
    counter.give,
]

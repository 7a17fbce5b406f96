"""DNS messages as bytes. The package that knows them takes 40 ms to import, so that is done when one is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netflux.network.zone import plain
from netflux.resolver.decide import Answer, Code, Question

if TYPE_CHECKING:
    from dns.message import Message

PLAIN_SIZE = 512
"""Bytes of a datagram that a client without EDNS takes (RFC 1035, 2.3.4)."""

LARGEST = 65535
_PAYLOAD = 1232
"""Bytes that we take in a datagram, and send at most: no fragments (DNS flag day 2020)."""


@dataclass(frozen=True)
class Asked:
    """A message that came in.

    Attributes:
        question: None where there is nothing to decide: the response is already known.
        size: bytes of a datagram that the client takes.
    """

    response: Message
    question: Question | None
    size: int


def read(data: bytes) -> Asked | None:
    """What a message asks; None for one that deserves no response."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.opcode
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype

    try:
        query = dns.message.from_wire(data)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR:
        return None
    response = dns.message.make_response(query, recursion_available=True, our_payload=_PAYLOAD)
    size = max(PLAIN_SIZE, min(query.payload, _PAYLOAD)) if query.edns >= 0 else PLAIN_SIZE
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.Rcode(Code.NOT_IMPLEMENTED))
        return Asked(response, None, size)
    if len(query.question) != 1 or query.question[0].rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.Rcode(Code.REFUSED))
        return Asked(response, None, size)
    asked = query.question[0]
    return Asked(response, Question(plain(asked.name.to_text()), dns.rdatatype.to_text(asked.rdtype)), size)


def answered(asked: Asked, answer: Answer, *, datagram: bool) -> bytes:
    """The response with the answer in it; too large for a datagram, it says so and carries nothing."""
    import dns.exception
    import dns.rcode

    response = asked.response
    try:
        _fill(response, answer)
    except dns.exception.DNSException as error:  # a record set of a hosted zone whose values are none
        answer = Answer(Code.FAILED, reason=f"a record can't be written: {error}")
        response.answer.clear()
    response.set_rcode(dns.rcode.Rcode(answer.code))
    if answer.reason and response.edns >= 0:
        _explain(response, answer)
    return written(asked, datagram=datagram)


def _fill(response: Message, answer: Answer) -> None:
    import dns.rrset

    for record in answer.records:
        response.answer.append(
            dns.rrset.from_text_list(f"{record.name}.", record.ttl, "IN", record.type, record.values)
        )
    if answer.zone and not answer.records:
        soa = f"ns.{answer.zone}. hostmaster.{answer.zone}. 1 7200 900 1209600 {answer.negative_ttl}"
        response.authority.append(dns.rrset.from_text(f"{answer.zone}.", answer.negative_ttl, "IN", "SOA", soa))


def written(asked: Asked, *, datagram: bool) -> bytes:
    """A response as bytes."""
    import dns.exception
    import dns.flags

    try:
        return asked.response.to_wire(max_size=asked.size if datagram else LARGEST)
    except dns.exception.TooBig:
        for section in (asked.response.answer, asked.response.authority):
            section.clear()
        asked.response.flags |= dns.flags.TC
        return asked.response.to_wire()


def _explain(response: Message, answer: Answer) -> None:
    import dns.edns

    code = dns.edns.EDECode.PROHIBITED if answer.code is Code.REFUSED else dns.edns.EDECode.OTHER
    told = dns.edns.EDEOption(code, answer.reason)
    response.use_edns(0, 0, _PAYLOAD, options=[told])

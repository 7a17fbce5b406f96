"""Messages as bytes, made and read by the package's own other side."""

import dns.flags
import dns.message
import dns.opcode
import dns.rcode

from netflux.network.zone import RecordSet
from netflux.resolver import wire
from netflux.resolver.decide import Answer, Code, Question


def asked(query: dns.message.Message) -> wire.Asked:
    found = wire.read(query.to_wire())
    assert found is not None
    return found


def respond(query: dns.message.Message, answer: Answer, *, datagram: bool = True) -> dns.message.Message:
    return dns.message.from_wire(wire.answered(asked(query), answer, datagram=datagram))


def test_a_question_is_read_as_names_are_compared() -> None:
    query = dns.message.make_query("API.Corp.Internal.", "SRV")
    assert asked(query).question == Question("api.corp.internal", "SRV")


def test_an_answer_carries_its_records_and_the_clients_id() -> None:
    query = dns.message.make_query("a.corp", "A")
    found = respond(query, Answer(Code.OK, (RecordSet("a.corp", "A", 30, ("10.0.0.1", "10.0.0.2")),)))
    assert found.id == query.id
    assert found.flags & dns.flags.RA
    assert sorted(str(one) for one in found.answer[0]) == ["10.0.0.1", "10.0.0.2"]
    assert found.answer[0].ttl == 30


def test_records_of_every_kind_that_a_zone_may_hold_are_written() -> None:
    for kind, value in (
        ("SRV", "1 1 8080 one.api.corp."), ("CNAME", "b.corp."), ("TXT", '"a b" "c"'), ("AAAA", "2001:db8::1"),
        ("MX", "10 mail.corp."), ("CAA", '0 issue "ca.corp"'), ("PTR", "a.corp."), ("NS", "ns.corp."),
    ):  # fmt: skip
        found = respond(
            dns.message.make_query("a.corp", kind), Answer(Code.OK, (RecordSet("a.corp", kind, 9, (value,)),))
        )
        assert [str(one) for one in found.answer[0]] == [value]


def test_no_such_name_comes_with_how_long_that_holds() -> None:
    found = respond(dns.message.make_query("a.corp", "A"), Answer(Code.NO_SUCH_NAME, zone="corp", negative_ttl=15))
    assert found.rcode() == dns.rcode.NXDOMAIN
    assert (found.authority[0].ttl, found.authority[0][0].minimum) == (15, 15)


def test_a_refusal_says_why_to_those_who_understand_it() -> None:
    refused = Answer(Code.REFUSED, reason="nothing leads out of this machine")
    found = respond(dns.message.make_query("example.com", "A", use_edns=0), refused)
    assert found.rcode() == dns.rcode.REFUSED
    assert "nothing leads out of this machine" in found.options[0].text
    assert respond(dns.message.make_query("example.com", "A", use_edns=False), refused).edns == -1


def test_what_is_too_large_for_a_datagram_is_asked_for_again() -> None:
    many = Answer(Code.OK, (RecordSet("a.corp", "A", 30, tuple(f"10.0.{n}.1" for n in range(100))),))
    query = dns.message.make_query("a.corp", "A", use_edns=False)
    assert len(wire.answered(asked(query), many, datagram=True)) <= wire.PLAIN_SIZE
    assert respond(query, many).flags & dns.flags.TC
    whole = respond(query, many, datagram=False)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 100


def test_a_record_that_is_none_fails_alone() -> None:
    found = respond(dns.message.make_query("a.corp", "A"), Answer(Code.OK, (RecordSet("a.corp", "A", 30, ("x",)),)))
    assert found.rcode() == dns.rcode.SERVFAIL


def test_noise_and_responses_get_no_response_and_other_requests_are_declined() -> None:
    assert wire.read(b"noise") is None
    assert wire.read(dns.message.make_response(dns.message.make_query("a.corp", "A")).to_wire()) is None
    notify = dns.message.make_query("a.corp", "A")
    notify.set_opcode(dns.opcode.NOTIFY)
    assert asked(notify).question is None
    assert dns.message.from_wire(wire.written(asked(notify), datagram=True)).rcode() == dns.rcode.NOTIMP
    chaos = dns.message.make_query("version.bind", "TXT", "CH")
    assert asked(chaos).question is None

"""What the kernel says of the clock, in ECS's words."""

from netflux.aws.ecs import clockdrift


def test_a_clock_without_a_reference_has_no_bound() -> None:
    assert clockdrift.shape(0x41, 16_000_000) == {"ClockSynchronizationStatus": "NOT_SYNCHRONIZED"}
    assert clockdrift.shape(0x2001, 512) == {"ClockErrorBound": 0.512, "ClockSynchronizationStatus": "SYNCHRONIZED"}

"""EventBridge: buses, rules, schedules, and what is delivered for them."""

"""Whether a call of a task, a role or a user may be carried out: its actions, its resources, the policies' verdict."""

"""Answers as bytes, in the protocols of AWS's services ("AWS protocols", Smithy's specification)."""

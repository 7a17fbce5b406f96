"""STS: who a key stands for."""

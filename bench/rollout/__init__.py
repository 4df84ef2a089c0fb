"""Rehearses roll-outs on this machine: every process replaced under load, forward and back, schema included."""

"""A bench without hardware: modems on real ports, probes, a cloud on HTTP; wrong on command, truthful when asked."""

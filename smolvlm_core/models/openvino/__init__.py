"""SmolVLM2 on a CPU through OpenVINO: the torch checkpoint converted once, kept on disk, and run from there."""

"""SmolVLM2 on Hugging Face's ZeroGPU, which lends a GPU to another process for some seconds at a time."""

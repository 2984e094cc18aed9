"""The two halves of a checkpoint as OpenVINO graphs, written so that its CPU plugin fuses what it can.

Runs in the converting process only. Takes weights from transformers' modules and none of their control flow.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as ops
from openvino._offline_transformations import apply_make_stateful_transformation
from torch import Tensor, nn
from torch.nn import functional

LOGITS, TOKENS = "logits", "tokens"
PIXELS, EMBEDDINGS, POSITIONS, BEAM, MASK, WANTED = "pixels", "embeddings", "positions", "beam", "mask", "wanted"
TRACED_PAST, TRACED_NEW = 5, 7  # lengths to trace with, unlike each other and every width


class VisionGraph(nn.Module):
    """Pixels (frames, 3, side, side) in [-1, 1] to visual tokens (frames, tokens, width of the text model)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.tower = model.model.vision_model
        self.connector = model.model.connector
        self.heads = int(self.tower.config.num_attention_heads)

    def forward(self, pixels: Tensor) -> Tensor:
        embeddings = self.tower.embeddings
        x = embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)
        x = x + embeddings.position_embedding.weight[None]
        for layer in self.tower.encoder.layers:
            x = x + self._attend(layer.self_attn, layer.layer_norm1(x))
            x = x + layer.mlp(layer.layer_norm2(x))
        tokens: Tensor = self.connector.modality_projection(self._gathered(self.tower.post_layernorm(x)))
        return tokens

    def _attend(self, attention: Any, x: Tensor) -> Tensor:
        frames, patches, width = x.shape
        parts = (attention.q_proj(x), attention.k_proj(x), attention.v_proj(x))
        shape = (frames, patches, self.heads, width // self.heads)
        query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
        attended = functional.scaled_dot_product_attention(query, key, value)
        projected: Tensor = attention.out_proj(attended.transpose(1, 2).reshape(frames, patches, width))
        return projected

    def _gathered(self, x: Tensor) -> Tensor:
        """Every square of neighbouring patches as one token."""
        frames, patches, width = x.shape
        side, step = int(patches**0.5), int(self.connector.scale_factor)
        x = x.view(frames, side, side // step, width * step).permute(0, 2, 1, 3)
        x = x.reshape(frames, side // step, side // step, width * step**2).permute(0, 2, 1, 3)
        return x.reshape(frames, patches // step**2, width * step**2)


class TextGraph(nn.Module):
    """Embeddings (1, new, width) behind a key-value cache to logits of the places asked for.

    ``mask`` is added to what a new token (row) makes of a cached or new one (column): (1, 1, new, past + new).
    Products of one input are one matrix: fewer and larger products suit few threads.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.text = model.model.text_model
        self.head = model.lm_head
        config = self.text.config
        self.width = int(config.hidden_size)
        self.heads, self.kv_heads = int(config.num_attention_heads), int(config.num_key_value_heads)
        self.head_width = int(self.text.layers[0].self_attn.head_dim)
        self.frequencies: Tensor = self.text.rotary_emb.inv_freq.float()
        self.scaling = float(self.text.rotary_emb.attention_scaling)
        layers = self.text.layers
        parts = [(one.self_attn.q_proj, one.self_attn.k_proj, one.self_attn.v_proj) for one in layers]
        self.inner = nn.ModuleList([_joined(three) for three in parts])
        self.gates = nn.ModuleList([_joined((one.mlp.gate_proj, one.mlp.up_proj)) for one in layers])

    @property
    def states(self) -> int:
        """Keys and values of every layer."""
        return 2 * len(self.text.layers)

    def forward(
        self,
        embeddings: Tensor,
        positions: Tensor,
        beam: Tensor,
        mask: Tensor,
        wanted: Tensor,
        past: Sequence[Tensor],
    ) -> tuple[Tensor, ...]:
        x, present = embeddings, []
        angles = positions[..., None].float() * self.frequencies
        angles = torch.cat((angles, angles), -1)[:, None]
        cosine, sine = angles.cos() * self.scaling, angles.sin() * self.scaling
        for index, layer in enumerate(self.text.layers):
            query, key, value = self._parts(index, layer.input_layernorm(x))
            query, key = (part * cosine + _turned(part) * sine for part in (query, key))
            key = torch.cat((past[2 * index].index_select(0, beam), key), 2)
            value = torch.cat((past[2 * index + 1].index_select(0, beam), value), 2)
            present += [key, value]
            attended = functional.scaled_dot_product_attention(
                query, self._for_every_head(key), self._for_every_head(value), attn_mask=mask
            )
            x = x + layer.self_attn.o_proj(attended.transpose(1, 2).reshape(x.shape[0], x.shape[1], -1))
            gate, up = torch.chunk(self.gates[index](layer.post_attention_layernorm(x)), 2, -1)
            x = x + layer.mlp.down_proj(layer.mlp.act_fn(gate) * up)
        return (self.head(self.text.norm(x.index_select(1, wanted))), *present)

    def _parts(self, index: int, x: Tensor) -> list[Tensor]:
        """Query, key and value, each (1, heads, new, head width)."""
        heads = (self.heads, self.kv_heads, self.kv_heads)
        parts = torch.split(self.inner[index](x), [count * self.head_width for count in heads], -1)
        shaped = zip(parts, heads, strict=True)
        return [
            part.view(x.shape[0], x.shape[1], count, self.head_width).transpose(1, 2) for part, count in shaped
        ]

    def _for_every_head(self, x: Tensor) -> Tensor:
        """Keys or values for the heads that share them; the plugin knows this form and repeats nothing."""
        group = self.heads // self.kv_heads
        repeated = x[:, :, None].expand(x.shape[0], self.kv_heads, group, x.shape[2], self.head_width)
        return repeated.reshape(x.shape[0], self.heads, x.shape[2], self.head_width)


def _joined(layers: Sequence[nn.Linear]) -> nn.Linear:
    """One product in place of several of the same input."""
    has_bias = layers[0].bias is not None
    joined = nn.Linear(layers[0].in_features, sum(layer.out_features for layer in layers), bias=has_bias)
    joined.weight = nn.Parameter(torch.cat([layer.weight for layer in layers]), requires_grad=False)
    if has_bias:
        joined.bias = nn.Parameter(torch.cat([layer.bias for layer in layers]), requires_grad=False)
    return joined


def _turned(x: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), -1)


def vision_model(model: Any, side_px: int) -> ov.Model:
    """The vision tower and connector, for any number of frames of ``side_px``."""
    shape = ov.PartialShape([-1, 3, side_px, side_px])
    with torch.no_grad():
        converted = ov.convert_model(
            VisionGraph(model).eval(), example_input=torch.zeros(1, 3, side_px, side_px), input=[(PIXELS, shape)]
        )
    converted.outputs[0].get_tensor().set_names({TOKENS})
    return converted


def text_model(model: Any) -> ov.Model:
    """The text model with its cache as state: inputs are those of ``TextGraph`` without ``past``."""
    graph = TextGraph(model).eval()
    past = [torch.zeros(1, graph.kv_heads, TRACED_PAST, graph.head_width) for _ in range(graph.states)]
    example = (
        torch.zeros(1, TRACED_NEW, graph.width),
        torch.arange(TRACED_PAST, TRACED_PAST + TRACED_NEW)[None],
        torch.zeros(1, dtype=torch.int32),  # with 64 bits the plugin does not fuse cache and attention
        torch.zeros(1, 1, TRACED_NEW, TRACED_PAST + TRACED_NEW),
        torch.zeros(1, dtype=torch.long),
        past,
    )
    with torch.no_grad():
        converted = ov.convert_model(graph, example_input=example)
    _keep_as_state(converted, _named(converted, graph), graph)
    return converted


def _named(converted: ov.Model, graph: TextGraph) -> dict[str, str]:
    """Names and shapes for all ports. Returns: each state's input and output."""
    shapes = {
        EMBEDDINGS: [-1, -1, graph.width],
        POSITIONS: [-1, -1],
        BEAM: [-1],
        MASK: [-1, 1, -1, -1],
        WANTED: [-1],
    }
    pairs = {f"past.{index}": f"present.{index}" for index in range(graph.states)}
    shapes |= {name: [-1, graph.kv_heads, -1, graph.head_width] for name in pairs}
    for port, (name, shape) in zip(converted.inputs, shapes.items(), strict=True):
        port.get_node().set_partial_shape(ov.PartialShape(shape))
        port.get_tensor().set_names({name})
    for port, name in zip(converted.outputs, (LOGITS, *pairs.values()), strict=True):
        port.get_tensor().set_names({name})
    converted.validate_nodes_and_infer_types()
    return pairs


def _keep_as_state(converted: ov.Model, pairs: dict[str, str], graph: TextGraph) -> None:
    """Past and present become variables, empty at first, with as many rows as the input has."""
    apply_make_stateful_transformation(converted, pairs)
    rows = ops.shape_of(converted.input(EMBEDDINGS), output_type="i64")
    rows = ops.gather(rows, ops.constant([0]), ops.constant(0))
    others = [ops.constant(np.array([size], np.int64)) for size in (graph.kv_heads, 0, graph.head_width)]
    for node in converted.get_ops():
        if node.get_type_name() == "ReadValue":
            empty = ops.broadcast(ops.constant(np.array(0.0, np.float32)), ops.concat([rows, *others], axis=0))
            node.set_arguments([empty])
    converted.validate_nodes_and_infer_types()

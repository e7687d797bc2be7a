"""A tiny CLIP of random weights, saved as a hub would hold it; it spells words by letters."""

import json
from pathlib import Path

from tiny import add_tokenizer


def build(folder: Path) -> Path:
    """Write the checkpoint to a folder."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    part = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**part, "vocab_size": 54, "max_position_embeddings": 24, "bos_token_id": 0, "eos_token_id": 1},
        vision_config={**part, "image_size": 32, "patch_size": 8},
        projection_dim=8,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        CLIPModel(config).save_pretrained(folder)
    add_tokenizer(folder)
    settings = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25], "size": {"shortest_edge": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    return folder

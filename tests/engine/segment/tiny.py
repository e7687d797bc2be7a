"""Tiny networks of random weights, saved as a hub would hold them. Random ones find nothing, so these are bent."""

import json
from pathlib import Path
from typing import Any

ID2LABEL = {0: "person", 1: "sky-other-merged", 2: "tree-merged", 3: "building", 4: "grass"}
LABELS: dict[str, Any] = {"id2label": ID2LABEL, "label2id": {name: number for number, name in ID2LABEL.items()}}
BACKBONE: dict[str, Any] = {"out_features": ["stage1", "stage2", "stage3", "stage4"]}
OWN: dict[str, Any] = {"use_timm_backbone": False}
SMALL = {"shortest_edge": 96, "longest_edge": 160}
SEEDS = {"detr": 8, "mask2former": 1, "oneformer": 3}  # with which they find several regions


def build(name: str, folder: Path) -> Path:
    """Write the checkpoint called `name` to a folder."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(SEEDS.get(name, 0))
        network, processor = BUILDERS[name]()
        _bend(network)
        network.save_pretrained(folder)
        processor.save_pretrained(folder)
    if name == "oneformer":
        add_tokenizer(folder)
    return folder


def _resnet() -> Any:
    from transformers import ResNetConfig

    return ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        layer_type="bottleneck",
        **BACKBONE,
    )


def _swin() -> Any:
    from transformers import SwinConfig

    return SwinConfig(
        embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4, image_size=64, **BACKBONE
    )


def _detr_config(**more: Any) -> Any:
    from transformers import DetrConfig

    return DetrConfig(
        **OWN, backbone_config=_resnet(), d_model=32, encoder_layers=1, decoder_layers=1,
        encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=8, decoder_attention_heads=8, num_queries=8,
        **more,
    )  # fmt: skip


def _detr() -> tuple[Any, Any]:
    from transformers import DetrForSegmentation
    from transformers.models.detr.image_processing_pil_detr import DetrImageProcessorPil

    return DetrForSegmentation(_detr_config(**LABELS)), DetrImageProcessorPil(format="coco_panoptic", size=SMALL)


def _mask2former() -> tuple[Any, Any]:
    from transformers import Mask2FormerConfig, Mask2FormerForUniversalSegmentation
    from transformers.models.mask2former.image_processing_pil_mask2former import Mask2FormerImageProcessorPil

    config = Mask2FormerConfig(
        backbone_config=_swin(), feature_size=32, mask_feature_size=32, hidden_dim=32, encoder_layers=1,
        decoder_layers=2, encoder_feedforward_dim=32, dim_feedforward=32, num_attention_heads=2, num_queries=8,
        **LABELS,
    )  # fmt: skip
    return Mask2FormerForUniversalSegmentation(config), Mask2FormerImageProcessorPil(size=SMALL, ignore_index=255)


def _maskformer() -> tuple[Any, Any]:
    from transformers import MaskFormerConfig, MaskFormerForInstanceSegmentation
    from transformers.models.maskformer.image_processing_pil_maskformer import MaskFormerImageProcessorPil

    config = MaskFormerConfig(
        backbone_config=_swin(), decoder_config=_detr_config(), mask_feature_size=32, fpn_feature_size=32, **LABELS
    )
    return MaskFormerForInstanceSegmentation(config), MaskFormerImageProcessorPil(size=SMALL, ignore_index=255)


def _oneformer() -> tuple[Any, Any]:
    from transformers import OneFormerConfig, OneFormerForUniversalSegmentation
    from transformers.models.oneformer.image_processing_pil_oneformer import OneFormerImageProcessorPil

    config = OneFormerConfig(
        backbone_config=_swin(), hidden_dim=32, mask_dim=32, conv_dim=32, encoder_layers=1, decoder_layers=2,
        encoder_feedforward_dim=32, dim_feedforward=32, num_attention_heads=2, num_queries=8, query_dec_layers=1,
        text_encoder_width=32, text_encoder_num_layers=1, text_encoder_vocab_size=600, text_encoder_n_ctx=4, **LABELS,
    )  # fmt: skip
    return OneFormerForUniversalSegmentation(config), OneFormerImageProcessorPil(size=SMALL, ignore_index=255)


def _segformer() -> tuple[Any, Any]:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    config = SegformerConfig(
        hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=16,
        **LABELS,
    )  # fmt: skip
    return SegformerForSemanticSegmentation(config), _square()


def _upernet() -> tuple[Any, Any]:
    from transformers import ConvNextConfig, UperNetConfig, UperNetForSemanticSegmentation

    backbone = ConvNextConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], **BACKBONE)
    config = UperNetConfig(
        backbone_config=backbone, hidden_size=16, pool_scales=[1, 2], use_auxiliary_head=False,
        auxiliary_in_channels=24, **LABELS,
    )  # fmt: skip
    return UperNetForSemanticSegmentation(config), _square()


def _square() -> Any:
    from transformers.models.segformer.image_processing_pil_segformer import SegformerImageProcessorPil

    return SegformerImageProcessorPil(size={"height": 128, "width": 128})


BUILDERS = {
    "detr": _detr,
    "mask2former": _mask2former,
    "maskformer": _maskformer,
    "oneformer": _oneformer,
    "segformer": _segformer,
    "upernet": _upernet,
}


def _bend(network: Any) -> None:
    """Have the queries differ, every one be sure of something, and each claim one or the other half of a partition."""
    import torch

    spread = ("query_position_embeddings", "queries_embedder", "queries_features", "query_embed")
    last = ("mask_embedder.2.0", "mask_embed.layers.2.0")
    with torch.no_grad():
        for name, module in network.named_modules():
            if name.endswith(("class_labels_classifier", "class_predictor", "decoder.class_embed")):
                module.bias.zero_()
                module.weight.normal_(0, 2.0)
                module.weight[-1].zero_()
                module.bias[-1] = -20  # the last class means "nothing"
            if name.endswith(last):
                # Of rank one, masks are one map times a number: those of opposite signs do not overlap.
                module.weight.copy_(torch.outer(torch.randn(32), torch.randn(32)) * 30)
                module.bias.zero_()
            if name.endswith("mask_head.output_conv"):
                module.weight.normal_(0, 30.0)
        for name, parameter in network.named_parameters():
            if any(part in name for part in spread):
                parameter.normal_(0, 3.0)


def add_tokenizer(folder: Path) -> None:
    """Letters are enough to spell "the task is panoptic", or what a style is like."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))

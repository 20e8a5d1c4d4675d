"""The models that are tried: all models of the installed libraries, or a fixed sample of forty."""

from __future__ import annotations

import re

from . import sources
from .pool import Case

# Text, images, sound, time series; experts, state spaces, weight norm, tied and fused weights, tables of positions,
# encoders with decoders, convolutions, recurrence.
SAMPLE = (
    *(
        Case("transformers", name)
        for name in (
            "albert AlbertForMaskedLM",
            "bart BartForConditionalGeneration",
            "bert BertForMaskedLM",
            "clip CLIPModel",
            "convnext ConvNextModel",
            "deepseek_v3 DeepseekV3ForCausalLM",
            "dpt DPTForDepthEstimation",
            "encodec EncodecModel",
            "gemma3_text Gemma3ForCausalLM",
            "gpt2 GPT2LMHeadModel",
            "gpt_oss GptOssForCausalLM",
            "hubert HubertForCTC",
            "jamba JambaForCausalLM",
            "llama LlamaForCausalLM",
            "llava LlavaForConditionalGeneration",
            "mamba MambaForCausalLM",
            "mamba2 Mamba2ForCausalLM",
            "marian MarianMTModel",
            "mixtral MixtralForCausalLM",
            "patchtst PatchTSTForPrediction",
            "qwen2_5_vl Qwen2_5_VLForConditionalGeneration",
            "qwen3_next Qwen3NextForCausalLM",
            "resnet ResNetForImageClassification",
            "rt_detr RTDetrForObjectDetection",
            "swin SwinForImageClassification",
            "t5 T5ForConditionalGeneration",
            "vit ViTForImageClassification",
            "wav2vec2 Wav2Vec2ForCTC",
            "whisper WhisperForConditionalGeneration",
        )
    ),
    *(
        Case("timm", name)
        for name in ("convnext", "efficientnet", "mlp_mixer", "resnet", "swin_transformer", "vision_transformer")
    ),
    *(Case("torch", name) for name in ("Conv2d", "LSTM", "Linear", "Linear with weight_norm", "MultiheadAttention")),
)


def all_cases() -> list[Case]:
    """All models of the sources that are installed."""
    return [Case(source, name) for source in installed() for name in sources.load(source).names()]


def sample() -> list[Case]:
    """The models of the sample, as far as their libraries are installed."""
    return [case for case in SAMPLE if case.source in installed()]


def matching(cases: list[Case], pattern: str) -> list[Case]:
    """The cases whose "source name" contains the pattern."""
    return [case for case in cases if re.search(pattern, str(case))]


def installed() -> list[str]:
    """The sources whose packages are installed."""
    return [source for source in sources.SOURCES if not sources.missing(source)]

#!/usr/bin/env python3
"""Makes tiny LoRA adapters with PEFT for checkpoints in tests/families/goldens, and the logits of the merged models.

Each golden in goldens/ is an adapter's folder with base.txt (the name of the checkpoint) and logits.f32 (for each token
of the checkpoint's tokens.txt, a row with the size of the vocabulary: float32, little-endian); logits-half.f32 is the
same with half of the adapter. Needs torch, transformers, peft and safetensors; no network.
"""
import copy
import json
import os
import pathlib
import shutil

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from peft import LoraConfig, get_peft_model

HERE = pathlib.Path(__file__).parent / "goldens"
BASES = pathlib.Path(__file__).parents[2] / "families" / "goldens"

ADAPTERS = {
    "llama": ("llama-gqa", dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj", "gate_proj"],
                                rank_pattern={"layers.1.self_attn.q_proj": 2}, alpha_pattern={"v_proj": 7})),
    "gpt2": ("gpt2-odd-heads", dict(r=4, lora_alpha=6, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True,
                                    use_rslora=True)),
    "pickled": ("llama-gqa", dict(r=1, lora_alpha=1, target_modules=["o_proj"])),
}


def logits(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].float().numpy().astype("<f4")


def merged(model, scale):
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(getattr(module, "scaling", None), dict):
            module.scaling = {name: scale * value for name, value in module.scaling.items()}
    return model.merge_and_unload()


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    torch.manual_seed(1)
    for name, (base, options) in ADAPTERS.items():
        tokens = [int(word) for word in (BASES / base / "tokens.txt").read_text().split()]
        model = transformers.AutoModelForCausalLM.from_pretrained(BASES / base, dtype=torch.float32).eval()
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options)).eval()
        for parameter in (p for n, p in model.named_parameters() if "lora_" in n):
            parameter.data = torch.randn(parameter.shape) * 0.3
        folder = HERE / name
        model.save_pretrained(folder, safe_serialization=name != "pickled")
        (folder / "README.md").unlink()
        (folder / "base.txt").write_text(base + "\n")
        config = json.loads((folder / "adapter_config.json").read_text())
        config["base_model_name_or_path"] = base  # not where it was made
        config["target_modules"] = sorted(config["target_modules"])
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
        logits(merged(model, 1), tokens).tofile(folder / "logits.f32")
        logits(merged(model, 0.5), tokens).tofile(folder / "logits-half.f32")


if __name__ == "__main__":
    main()

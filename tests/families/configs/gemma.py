"""Gemma 1, 2 and 3: windows, soft caps, four norms, two rotary bases."""
import transformers

CLASSES = {
    "gemma": (transformers.GemmaConfig, transformers.GemmaForCausalLM),
    "gemma2": (transformers.Gemma2Config, transformers.Gemma2ForCausalLM),
    "gemma3": (transformers.Gemma3Config, transformers.Gemma3ForConditionalGeneration),
    "gemma3_text": (transformers.Gemma3TextConfig, transformers.Gemma3ForCausalLM),
}


def gemma(**kwargs):
    return dict(dict(vocab_size=41, hidden_size=24, intermediate_size=35, num_hidden_layers=2, num_attention_heads=4,
                     num_key_value_heads=1, head_dim=10, max_position_embeddings=64, bos_token_id=2, eos_token_id=1,
                     pad_token_id=0), **kwargs)


TWO_BASES = {"sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
             "full_attention": {"rope_type": "linear", "rope_theta": 5000.0, "factor": 4.0}}
# As small as a model for images can be.
IMAGES = dict(hidden_size=4, intermediate_size=4, num_hidden_layers=1, num_attention_heads=1, image_size=28, patch_size=14)

COMMITTED = {
    "gemma": ("gemma", gemma(), {}),
    "gemma2": ("gemma2", gemma(num_hidden_layers=3, sliding_window=7, attn_logit_softcapping=3.0,
                               final_logit_softcapping=2.0, query_pre_attn_scalar=19, num_key_value_heads=2),
               dict(both_dialects=True, tokens=40)),
    "gemma2-no-caps": ("gemma2", gemma(sliding_window=5, attn_logit_softcapping=None, final_logit_softcapping=None,
                                       attention_bias=True), dict(tokens=40)),
    "gemma3": ("gemma3_text", gemma(num_hidden_layers=4, sliding_window=9, query_pre_attn_scalar=13,
                                    rope_parameters=TWO_BASES, layer_types=[
                                        "sliding_attention", "full_attention", "sliding_attention", "full_attention"]),
               dict(tokens=40)),
    "gemma3-pattern": ("gemma3_text", gemma(num_hidden_layers=3, sliding_window=4, sliding_window_pattern=3,
                                            final_logit_softcapping=5.0), dict(tokens=40)),
    "gemma3-images": ("gemma3", dict(
        text_config=gemma(model_type="gemma3_text", sliding_window=6, hidden_size=16, head_dim=6, layer_types=["sliding_attention", "full_attention"]),
        vision_config=dict(IMAGES, model_type="siglip_vision_model"), mm_tokens_per_image=4, image_token_id=38,
        boi_token_id=39, eoi_token_id=40), dict(tokens=30)),
}


def random_gemma(r):
    return gemma(vocab_size=r.choice([3, 17, 64, 130]), hidden_size=r.choice([8, 24, 60]), head_dim=2 * r.randint(1, 20),
                 num_hidden_layers=r.randint(1, 4), num_key_value_heads=r.choice([1, 2, 4]),
                 intermediate_size=r.choice([1, 7, 16, 172]), tie_word_embeddings=r.random() < 0.7)


def random_gemma2(r):
    return dict(random_gemma(r), sliding_window=r.randint(1, 40), query_pre_attn_scalar=r.choice([1, 7, 256]),
                attn_logit_softcapping=r.choice([None, 1.0, 50.0]), final_logit_softcapping=r.choice([None, 1.0, 30.0]))


def random_gemma3(r):
    config = random_gemma2(r)
    kinds = ["sliding_attention", "full_attention"]
    config["attn_logit_softcapping"] = None  # which the class passes to an attention that ignores it
    return dict(config, layer_types=[r.choice(kinds) for _ in range(config["num_hidden_layers"])],
                rope_parameters=TWO_BASES)


RANDOM = {"gemma": random_gemma, "gemma2": random_gemma2, "gemma3_text": random_gemma3}

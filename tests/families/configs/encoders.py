"""Encoders of BERT's shape. Their "logits" are the vectors of the tokens."""
import transformers as t

CLASSES = {
    "bert": (t.BertConfig, t.BertModel),
    "roberta": (t.RobertaConfig, t.RobertaModel),
    "camembert": (t.CamembertConfig, t.CamembertModel),
    "xlm-roberta": (t.XLMRobertaConfig, t.XLMRobertaModel),
    "electra": (t.ElectraConfig, t.ElectraModel),
    "distilbert": (t.DistilBertConfig, t.DistilBertModel),
}


def shape(heads=4, head_dim=6, ffn=35, layers=2, **more):
    return dict(vocab_size=41, hidden_size=heads * head_dim, num_attention_heads=heads, intermediate_size=ffn,
                num_hidden_layers=layers, max_position_embeddings=64, **more)


def distil(heads=2, head_dim=8, ffn=21, layers=3, **more):
    return dict(vocab_size=41, dim=heads * head_dim, n_heads=heads, hidden_dim=ffn, n_layers=layers,
                max_position_embeddings=48, **more)


COMMITTED = {
    "bert": ("bert", shape(), dict(tokens=37)),
    "bert-tanh": ("bert", shape(heads=3, head_dim=8, hidden_act="gelu_new", type_vocab_size=1), {}),
    "roberta": ("roberta", shape(pad_token_id=1, type_vocab_size=1, layer_norm_eps=1e-5), dict(tokens=37)),
    "camembert": ("camembert", shape(heads=2, pad_token_id=1, type_vocab_size=1), {}),
    "xlm-roberta": ("xlm-roberta", shape(heads=3, ffn=17, pad_token_id=1, type_vocab_size=1), {}),
    "electra": ("electra", shape(embedding_size=24), {}),
    "distilbert": ("distilbert", distil(), {}),
}


def random_bert(r, **more):
    return shape(heads=r.randint(1, 4), head_dim=r.choice([2, 6, 16]), ffn=r.randint(1, 70), layers=r.randint(1, 3),
                 hidden_act=r.choice(["gelu", "gelu_new", "relu", "silu"]), layer_norm_eps=r.choice([1e-12, 1e-5]),
                 type_vocab_size=r.randint(1, 3), **more)


def random_electra(r):
    config = random_bert(r)
    return config | {"embedding_size": config["hidden_size"]}


RANDOM = {
    "bert": random_bert,
    "roberta": lambda r: random_bert(r, pad_token_id=1),
    "camembert": lambda r: random_bert(r, pad_token_id=1),
    "xlm-roberta": lambda r: random_bert(r, pad_token_id=1),
    "electra": random_electra,
    "distilbert": lambda r: distil(heads=r.randint(1, 4), head_dim=r.choice([2, 6, 16]), ffn=r.randint(1, 70),
                                   layers=r.randint(1, 3), activation=r.choice(["gelu", "relu"])),
}

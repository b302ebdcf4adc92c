/* tidbit: a transformer runtime that fits inside firmware.
 *
 * How to use it, in order:
 *   tidbit_open      check a blob, in place (flash, mmap); nothing is copied
 *   tidbit_plan      get the exact bytes of memory by part, for a context and a chunk size
 *   tidbit_init      hand over the memory; nothing is allocated or freed
 *   tidbit_prefill   feed tokens, in bounded steps
 *   tidbit_logits    get a score for each token of the vocabulary
 *   tidbit_sample    choose the next token; feed it with tidbit_prefill, and so on
 * tidbit_start does the first three in one call, tidbit_next the last three. For an encoder, tidbit_encode and
 * tidbit_embedding take the place of the last three.
 *
 * Promises:
 *   - The same blob and tokens give the same logits, bit for bit, on every instruction set, with any
 *     number of workers, any chunk size, and after saving and restoring a session.
 *   - No heap, files, threads, locale, stdio, exceptions, writable globals or recursion.
 *   - Blobs, session images, texts, tokens and options are untrusted: every failure is a status.
 *   - Every function is reentrant. Two threads must not use one session at the same time, but may share a model.
 *
 * Misuse, the same everywhere:
 *   - A null pointer is TIDBIT_ERR_ARGUMENT unless the comment says that it may be null. So is a model that tidbit_open
 *     has not opened: tidbit_open clears it on failure, and one that is all zero counts as not opened. Functions that
 *     do not return a status return 0, tidbit_find_token returns -1, tidbit_ed25519 returns 1, and functions for names
 *     return null.
 *   - A session that is computing belongs to the call that computes. In a hook, functions that change, save or restore
 *     it return TIDBIT_ERR_BUSY; those that only return a number may be called.
 *   - A call that fails changes nothing, except where its comment says so.
 *   - Not detected: pointers to memory that was freed, is smaller than stated, or holds another session, which
 *     tidbit_init overwrites.
 *
 * The floating-point mode must be that of IEEE 754 and of every C compiler without options such as -ffast-math: round
 * to nearest, subnormals kept. tidbit_init checks it on the calling thread (TIDBIT_ERR_FLOAT_MODE). It must be the same
 * on every thread that runs the library, for as long as it runs.
 *
 * FORMAT.md specifies the layout of a blob, ARITHMETIC.md the arithmetic of each operation.
 * Sizes and text lengths are in bytes. Texts are UTF-8. They need no terminating zero, except where a
 * `const char *` has no length beside it.
 */
#ifndef TIDBIT_H
#define TIDBIT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TIDBIT_VERSION_MAJOR 0
#define TIDBIT_VERSION_MINOR 1
#define TIDBIT_VERSION_PATCH 0
#define TIDBIT_VERSION (TIDBIT_VERSION_MAJOR << 16 | TIDBIT_VERSION_MINOR << 8 | TIDBIT_VERSION_PATCH)

/* TIDBIT_VERSION of the library that was linked. Minor versions may differ in the layout of structs, so compare it
 * with your header's if the library comes as an archive. */
uint32_t tidbit_version(void);

/* Alignment in bytes of the blob and of every memory part. */
#define TIDBIT_ALIGNMENT 64

/* Enumerations are int32_t, so that their size does not depend on compiler options such as -fshort-enums. A number that
 * is not one of the constants is an error, like any other wrong argument. */

/* ---------------------------------------------------------------------------------------- status */

typedef int32_t tidbit_status;
enum {
  TIDBIT_OK = 0,
  TIDBIT_PENDING = 1,           /* the work budget is used up; call again with the remaining tokens */
  TIDBIT_CANCELED = 2,          /* the poll hook asked to stop: what is unfinished is discarded */
  TIDBIT_ERR_ARGUMENT = 3,      /* a null pointer, or a number outside its documented range */
  TIDBIT_ERR_ALIGNMENT = 4,     /* a blob or memory part is not aligned to TIDBIT_ALIGNMENT */
  TIDBIT_ERR_MEMORY = 5,        /* a buffer is too small; the number of missing bytes is reported */
  TIDBIT_ERR_NOT_A_BLOB = 6,    /* the magic number is missing */
  TIDBIT_ERR_VERSION = 7,       /* the blob's format is newer than this library: update the library */
  TIDBIT_ERR_TRUNCATED = 8,     /* the blob is shorter than its header says */
  TIDBIT_ERR_CHECKSUM = 9,      /* stored and computed checksum differ */
  TIDBIT_ERR_CONFIG = 10,       /* a number of the model's configuration is out of range */
  TIDBIT_ERR_TENSOR = 11,       /* a tensor is missing, misplaced or has the wrong shape */
  TIDBIT_ERR_TOKENIZER = 12,    /* the tokenizer's tables are inconsistent */
  TIDBIT_ERR_UNSUPPORTED = 13,  /* this build lacks what the blob or the call needs */
  TIDBIT_ERR_ISA = 14,          /* the CPU or the build lacks the requested instruction set */
  TIDBIT_ERR_CONTEXT_FULL = 15, /* the session's context has no room for the tokens */
  TIDBIT_ERR_TOKEN = 16,        /* a token id is negative or not below the vocabulary's size */
  TIDBIT_ERR_NO_TOKENIZER = 17, /* the blob was converted without a tokenizer */
  TIDBIT_ERR_NO_LOGITS = 18,    /* no token was fed yet, or the index is not in the last chunk */
  TIDBIT_ERR_SESSION = 19,      /* a saved session is damaged or belongs to another model */
  TIDBIT_ERR_OLD_BLOB = 20,     /* the blob's format is older than this library: convert the checkpoint again */
  TIDBIT_ERR_SELFTEST = 21,     /* the logits differ from those that the converter computed: see tidbit_selftest */
  TIDBIT_ERR_NOT_FINITE = 22,   /* a logit is NaN, or none is above -inf */
  TIDBIT_ERR_FLOAT_MODE = 23,   /* the FPU flushes subnormals or does not round to nearest */
  TIDBIT_ERR_BUSY = 24,         /* called from a hook of the same session */
  TIDBIT_ERR_SIGNATURE = 25,    /* the blob's signature is missing or wrong */
  TIDBIT_ERR_REWIND = 26,       /* a window or a convolution no longer has what comes before this position */
  TIDBIT_ERR_NO_CHAT = 27,      /* the blob has no chat template, or none for these roles in this order */
  TIDBIT_ERR_GRAMMAR = 28,      /* these bytes are no compiled grammar, or one that is damaged */
  TIDBIT_ERR_NO_TOKEN = 29,     /* the grammar does not allow the token, or none of the vocabulary */
  TIDBIT_STATUS_COUNT = 30
};

/* Nonzero for TIDBIT_OK, TIDBIT_PENDING and TIDBIT_CANCELED: nothing went wrong. */
#define TIDBIT_SUCCEEDED(status) ((status) < TIDBIT_ERR_ARGUMENT)

/* A short English sentence for a status; "unknown status" for other numbers. Never null. Always empty if the library
 * was built without the sentences. */
const char *tidbit_status_string(tidbit_status status);

/* ----------------------------------------------------------------------------------------- model */

/* A checked view of a blob. It is plain memory owned by the caller: copy it or drop it. The blob must outlive it. */
typedef struct tidbit_model {
  uint64_t opaque[16];
} tidbit_model;

/* Checks the header of the blob [blob, blob + size) and fills in *model. The weights are not read. After TIDBIT_OK,
 * nothing in the blob can make the library read outside it. On an error, *fault (may be null) is the offset of what was
 * refused. `size` may be larger than the blob (a flash partition). */
tidbit_status tidbit_open(const void *blob, size_t size, tidbit_model *model, uint64_t *fault);

/* Number formats of weights. KV caches use the first three. */
typedef int32_t tidbit_format;
enum {
  TIDBIT_F32 = 0,
  TIDBIT_F16 = 1,
  TIDBIT_Q8 = 2,    /* int8 codes in groups along a row, one f16 scale per group */
  TIDBIT_Q4 = 3,    /* 4-bit codes in groups, with a 4-bit scale and shift per block of 32 */
  TIDBIT_Q8X16 = 4, /* q8, but 16 consecutive codes of a row are stored together: fast with Helium, slow elsewhere */
  TIDBIT_Q2 = 5,    /* as q4, with codes of 2, 3, 5 and 6 bits */
  TIDBIT_Q3 = 6,
  TIDBIT_Q5 = 7,
  TIDBIT_Q6 = 8,
  TIDBIT_TERNARY = 9, /* 2 bits: -1, 0 or 1 times an f16 scale per group */
  TIDBIT_BINARY = 10, /* 1 bit: -1 or 1 times an f16 scale per group */
  TIDBIT_FORMAT_COUNT = 11
};

/* "f32", "f16", "q8", ...: the names of the enumerators in lower case. Null for other numbers. Always empty if the
 * library was built without status strings. */
const char *tidbit_format_name(tidbit_format format);

typedef struct tidbit_model_info {
  uint64_t parameters; /* number of weights */
  uint64_t blob_bytes;
  uint64_t weight_bytes;    /* of all tensors */
  uint64_t bytes_per_token; /* weight bytes read for one decoded token */
  uint64_t checksum;        /* of the header, which contains the checksums of everything else */
  uint32_t vocab_size;      /* logits per position */
  uint32_t layers;
  uint32_t layer_kinds; /* number of different kinds of layers; tidbit_describe lists their numbers */
  uint32_t width;       /* channels of the residual stream */
  uint32_t heads;       /* query heads of the first layer */
  uint32_t kv_heads;    /* its key and value heads */
  uint32_t head_dim;    /* channels of a head */
  uint32_t ffn_width;
  uint32_t segments;        /* rows of the segment embedding, 0 without one */
  uint32_t max_context;     /* the longest context that the model can address */
  uint32_t default_context; /* used if tidbit_options.context is 0 */
  tidbit_format weights;    /* of the matrices */
  tidbit_format kv;         /* of the KV cache */
  int32_t bos_token;        /* -1 if there is none */
  int32_t eos_token;        /* the first end-of-text token, -1 if there is none */
  int32_t has_tokenizer;
  int32_t has_selftest;
  int32_t is_encoder;    /* 1: for tidbit_encode; 0: for tidbit_prefill */
  const char *family;    /* "llama", "gpt2", ...: where the checkpoint came from; for display */
  const char *source;    /* provenance: the checkpoint's name as given to the converter */
  const char *converter; /* provenance: the converter's version and options */
} tidbit_model_info;

/* Strings of *info point into the blob. */
tidbit_status tidbit_info(const tidbit_model *model, tidbit_model_info *info);

/* One number of the configuration. FORMAT.md explains each. */
typedef struct tidbit_field {
  int64_t integer;
  float real;
  int32_t is_real; /* 1: the value is in `real`, 0: in `integer` */
  int32_t kind;    /* which kind of layer it belongs to, from 0; -1 for the model as a whole */
  uint32_t value_bytes;
  const char *name;  /* "rotary_dim" */
  const char *value; /* name of an enumerated value, value_bytes long; otherwise null */
} tidbit_field;

/* Lists the numbers of the configuration, all but the end tokens: call it with index 0, 1, ... until it returns
 * TIDBIT_ERR_ARGUMENT. For end tokens see tidbit_is_end.
 * TIDBIT_ERR_UNSUPPORTED in builds without the names (firmware: TIDBIT_INSPECT). */
tidbit_status tidbit_describe(const tidbit_model *model, uint32_t index, tidbit_field *field);

/* 1 if the token ends a text (end of text, end of turn), otherwise 0. */
int tidbit_is_end(const tidbit_model *model, int32_t token);

/* ------------------------------------------------------------------------- instruction set, hooks */

typedef int32_t tidbit_isa;
enum {
  TIDBIT_ISA_AUTO = 0, /* the fastest that can run */
  TIDBIT_ISA_SCALAR = 1,
  TIDBIT_ISA_AVX2 = 2, /* AVX2, FMA and F16C */
  TIDBIT_ISA_AVX512VNNI = 3,
  TIDBIT_ISA_NEON = 4,
  TIDBIT_ISA_DOTPROD = 5,  /* NEON with the dot product of Armv8.2 */
  TIDBIT_ISA_I8MM = 6,     /* and with the int8 matrix product of Armv8.6 */
  TIDBIT_ISA_DSP = 7,      /* Cortex-M with the DSP extension and an FPU */
  TIDBIT_ISA_NEON32 = 8,   /* Armv7-A with NEON and VFPv4 */
  TIDBIT_ISA_SIMD128 = 9,  /* WebAssembly with SIMD128 */
  TIDBIT_ISA_HELIUM = 10,  /* Cortex-M with Helium (M55) */
  TIDBIT_ISA_AVXVNNI = 11, /* AVX2 with the dot product of AVX-VNNI */
  TIDBIT_ISA_COUNT = 12
};

/* "scalar", "avx2", ...: the names of the enumerators in lower case. Null for other numbers. Always empty if the
 * library was built without status strings. */
const char *tidbit_isa_name(tidbit_isa isa);

/* CPU features that the library cannot detect. On x86 it asks CPUID. On Arm there is no way that is safe under every
 * operating system, so the caller has to set these flags (on Linux, from getauxval). */
#define TIDBIT_CPU_DOTPROD 1u
#define TIDBIT_CPU_I8MM 2u
#define TIDBIT_CPU_NEON_VFPV4 4u /* 32-bit Arm: both NEON and VFPv4 */

/* The set that TIDBIT_ISA_AUTO selects on this CPU; `cpu` as in tidbit_options. */
tidbit_isa tidbit_isa_best(uint32_t cpu);

/* TIDBIT_OK if this build and this CPU have the set, otherwise TIDBIT_ERR_ISA. */
tidbit_status tidbit_isa_check(tidbit_isa isa, uint32_t cpu);

/* Runs task(context, i) once for each i below count, in any order, on any threads, and returns when all have finished.
 * The library has no threads. */
typedef void (*tidbit_task)(void *context, uint32_t index);
typedef void (*tidbit_parallel_for)(void *user, tidbit_task task, void *context, uint32_t count);

/* Called on the thread that called the library, at least once per layer, and with a single worker at least once per
 * tidbit_options.poll_work. Kick a watchdog here. A value other than 0 cancels the current chunk, or the logits. */
typedef int (*tidbit_poll)(void *user);

/* ----------------------------------------------------------------------------------------- trust */

/* Reads all sections and compares their checksums, which detect damage but not forgery. The zeros between sections and
 * a signature are not looked at. `poll` (may be null) is called at least once per KB. On TIDBIT_ERR_CHECKSUM,
 * *fault (may be null) is the offset of the damaged section. */
tidbit_status tidbit_verify(const tidbit_model *model, tidbit_poll poll, void *poll_user, uint64_t *fault);

/* Checks an Ed25519 signature and returns 0 if it is valid. It may use hardware or another library, or be
 * tidbit_ed25519. The message is 96 bytes long. */
typedef int (*tidbit_ed25519_verify)(void *user, const uint8_t signature[64], const uint8_t public_key[32],
                                     const void *message, size_t bytes);

/* The library's own check: strict (RFC 8032 without cofactor; encodings that are not canonical, S >= L and points of
 * small order are refused), small, and not constant-time. `user` is ignored. */
int tidbit_ed25519(void *user, const uint8_t signature[64], const uint8_t public_key[32], const void *message,
                   size_t bytes);

/* Whose blobs to accept, and how to check that. */
typedef struct tidbit_trust {
  const uint8_t *public_key;   /* 32 bytes */
  tidbit_ed25519_verify check; /* tidbit_ed25519, for example; the linker drops that function if nobody names it */
  void *check_user;
  tidbit_poll poll; /* may be null; called at least once per KB that is hashed */
  void *poll_user;
} tidbit_trust;

/* Reads the whole blob, where it lies, and checks its signature, which covers every byte from the header on
 * (FORMAT.md). TIDBIT_ERR_SIGNATURE if there is none, if it was made with another key, or if any bit of the blob
 * differs from what was signed. The result holds as long as nobody can change the blob: a blob in memory that an
 * attacker can write to must be copied first, and opened and checked in its new place. An older blob with a valid
 * signature is accepted; to refuse it, compare tidbit_revision with a number that the attacker cannot lower.
 * TIDBIT_ERR_UNSUPPORTED if the library was built without TIDBIT_TRUST. */
tidbit_status tidbit_verify_signature(const tidbit_model *model, const tidbit_trust *trust);

/* 1 if the blob has a signature, valid or not, otherwise 0. `key_id` gets the first 8 bytes of the public key that the
 * signature names. */
int tidbit_signature_key(const tidbit_model *model, uint8_t key_id[8]);

/* The number given to the converter with --revision, or 0. */
uint32_t tidbit_revision(const tidbit_model *model);

/* A place for a blob: a flash partition or a file in memory. */
typedef struct tidbit_slot {
  const void *blob;
  size_t size;
} tidbit_slot;

/* Opens the slot with the higher revision, or the first if they are equal, among those that are whole: tidbit_open and
 * tidbit_verify accept the blob and, with trust->public_key, so does tidbit_verify_signature. After an interrupted
 * update, this is the other slot. `trust` may be null. *chosen (may be null) is 0 or 1. If neither is whole, the status
 * is that of the slot that was tried first. */
tidbit_status tidbit_open_newest(const tidbit_slot slots[2], const tidbit_trust *trust, tidbit_model *model,
                                 uint32_t *chosen);

/* --------------------------------------------------------------------------------------- observe */

/* The points at which tidbit_observe is called, and the vectors that it gets, one per token. */
typedef int32_t tidbit_point;
enum {
  TIDBIT_POINT_EMBEDDING = 0, /* the residual stream before the first layer; `layer` is 0 */
  TIDBIT_POINT_MIXER_IN = 1,  /* input of qkv */
  TIDBIT_POINT_QKV = 2,       /* queries and keys after the rotation, then values */
  TIDBIT_POINT_MIXED = 3,     /* the heads' outputs: input of attention_out */
  TIDBIT_POINT_MIXER_OUT = 4, /* what is added to the residual stream */
  TIDBIT_POINT_FFN_IN = 5,    /* input of ffn_up */
  TIDBIT_POINT_FFN_INNER = 6, /* after the activation: input of ffn_down */
  TIDBIT_POINT_FFN_OUT = 7,   /* what is added to the residual stream */
  TIDBIT_POINT_LAYER_OUT = 8, /* the residual stream after the layer */
  TIDBIT_POINT_HEAD_IN = 9,   /* after the final norm: input of the head; `layer` is the number of layers */
  /* Inputs of an expert's rows of expert_up and of expert_down, of the tokens that chose the expert. */
  TIDBIT_POINT_EXPERT_IN = 10,
  TIDBIT_POINT_EXPERT_INNER = 11,
  TIDBIT_POINT_COUNT = 12
};

/* Gets the vectors of a chunk as they are computed, for debugging and for calibrating quantizers: `count` vectors of
 * `width` floats, `stride` floats apart. The first belongs to token `first` of the chunk; at the points of experts,
 * `first` is the number of the expert. */
typedef void (*tidbit_observe)(void *user, uint32_t layer, tidbit_point point, uint32_t first, uint32_t count,
                               uint32_t width, size_t stride, const float *data);

/* All zero is a valid set of options. */
typedef struct tidbit_options {
  uint32_t context; /* positions that the session can hold, at most max_context; 0: the blob's default */
  uint32_t chunk;   /* prompt tokens computed together, 1 to 256; 0: 16. More is faster and needs more memory */
  uint32_t workers; /* the most tasks per call of parallel_for, 0 to 64; 0 and 1: all on the calling thread */
  tidbit_isa isa;
  uint32_t cpu;                     /* TIDBIT_CPU_... */
  uint32_t poll_work;               /* the most multiply-adds between two calls of the poll hook, see below; 0: 65536 */
  tidbit_parallel_for parallel_for; /* null: all on the calling thread */
  void *parallel_user;
  tidbit_poll poll; /* may be null */
  void *poll_user;
  tidbit_observe observe; /* may be null; needs a single worker; not in builds for firmware (TIDBIT_ERR_UNSUPPORTED) */
  void *observe_user;
} tidbit_options;

/* poll_work: 65536 multiply-adds of q8 are about a millisecond on a Cortex-M4 at 100 MHz, and 4 to 8 on a core without
 * the DSP extension. Other operations count as many multiply-adds as they take time, roughly. Not divided are the
 * products of 16 rows with the tokens of a chunk, a query's pass over its positions, tidbit_sample and, with more than
 * one worker, layers. platforms/README.md lists the longest intervals by core. A short interval costs speed: rows and
 * queries are then computed a few at a time. */

/* ---------------------------------------------------------------------------------------- memory */

/* The parts of a session's memory. Each may be in a different memory (TCM, SRAM, PSRAM). */
typedef int32_t tidbit_part;
enum {
  TIDBIT_PART_STATE = 0,       /* the session itself; small */
  TIDBIT_PART_KV = 1,          /* keys and values; grows with the context; read once per token */
  TIDBIT_PART_ACTIVATIONS = 2, /* vectors of the current chunk; grows with the chunk; hot */
  TIDBIT_PART_LOGITS = 3,      /* one float per vocabulary entry */
  TIDBIT_PART_SCRATCH = 4,     /* attention scores per worker; hot */
  TIDBIT_PART_COUNT = 5
};

/* "state", "kv", ...; empty if the library was built without status strings. */
const char *tidbit_part_name(tidbit_part part);

/* The figures are the same on every target, 32-bit or 64-bit. */
typedef struct tidbit_plan_result {
  uint64_t bytes[TIDBIT_PART_COUNT]; /* multiples of TIDBIT_ALIGNMENT */
  uint64_t total;                    /* their sum */
  uint32_t context;                  /* as it will be used, with defaults filled in */
  uint32_t chunk;
  uint32_t workers;
} tidbit_plan_result;

tidbit_status tidbit_plan(const tidbit_model *model, const tidbit_options *options, tidbit_plan_result *plan);

typedef struct tidbit_memory {
  void *data[TIDBIT_PART_COUNT]; /* each aligned to TIDBIT_ALIGNMENT */
  size_t bytes[TIDBIT_PART_COUNT];
} tidbit_memory;

/* Splits one buffer into the parts of the plan. On TIDBIT_ERR_MEMORY, *missing (may be null) is the number of bytes
 * that `buffer` lacks. */
tidbit_status tidbit_split_memory(const tidbit_plan_result *plan, void *buffer, size_t bytes, tidbit_memory *memory,
                                  uint64_t *missing);

/* A generation in progress: the positions fed so far, and their keys and values. */
typedef struct tidbit_session tidbit_session;

typedef struct tidbit_shortage {
  uint64_t missing; /* bytes */
  tidbit_part part;
  uint32_t reserved;
} tidbit_shortage;

/* Makes a session in the caller's memory. Memory and model must outlive it. It is never freed. On TIDBIT_ERR_MEMORY,
 * *shortage (may be null) names the first part that is too small. TIDBIT_ERR_ARGUMENT if parts overlap each other or
 * the blob. */
tidbit_status tidbit_init(const tidbit_model *model, const tidbit_options *options, const tidbit_memory *memory,
                          tidbit_session **session, tidbit_shortage *shortage);

/* tidbit_open, tidbit_plan, tidbit_split_memory and tidbit_init in one call. `buffer` is aligned to TIDBIT_ALIGNMENT.
 * *detail (may be null) is the offset of what was refused in the blob, or the number of missing bytes after
 * TIDBIT_ERR_MEMORY. `options` may be null: all zero. */
tidbit_status tidbit_start(const void *blob, size_t blob_bytes, const tidbit_options *options, void *buffer,
                           size_t buffer_bytes, tidbit_model *model, tidbit_session **session, uint64_t *detail);

/* Forgets everything that was fed. */
tidbit_status tidbit_reset(tidbit_session *session);

/* The number of positions in the KV cache, and the number that fit. */
uint32_t tidbit_position(const tidbit_session *session);
uint32_t tidbit_context(const tidbit_session *session);
/* The instruction set in use. */
tidbit_isa tidbit_session_isa(const tidbit_session *session);

/* Keeps the first `position` positions and forgets the rest (for another answer to the same prompt). There are no
 * logits until a token is fed. TIDBIT_ERR_ARGUMENT if `position` is beyond tidbit_position(). TIDBIT_ERR_REWIND if the
 * model has windows or short convolutions, whose caches are rings, and the ring no longer has what the token at
 * `position` needs: reset, and feed the tokens again. A few positions back, about `chunk`, are always possible unless
 * the session was just restored. */
tidbit_status tidbit_rewind(tidbit_session *session, uint32_t position);

/* -------------------------------------------------------------------------------------- generate */

/* Feeds `count` tokens. *consumed (may be null) is the number that entered the KV cache.
 *
 * `budget` limits the work of this call, in token-layers: 10 tokens through 5 layers are 50. 0 is no limit. At least
 * one layer of one chunk is computed. If the budget is used up first, the call returns TIDBIT_PENDING: call again with
 * the tokens from *consumed on, starting with those of the unfinished chunk, unchanged. Neither chunk nor budget
 * changes a bit of the result.
 *
 * After TIDBIT_CANCELED the positions of all whole chunks are kept, and there are no logits until a token is fed.
 * Wrong arguments (TIDBIT_ERR_ARGUMENT, _TOKEN, _CONTEXT_FULL) change nothing. */
tidbit_status tidbit_prefill(tidbit_session *session, const int32_t *tokens, uint32_t count, uint64_t budget,
                             uint32_t *consumed);

/* Sets the segment (first GPT: sentence A or B; BERT: first or second text) of the tokens from now on; 0 after init.
 * TIDBIT_ERR_ARGUMENT unless segment < tidbit_model_info.segments. */
tidbit_status tidbit_set_segment(tidbit_session *session, uint32_t segment);

/* Computes the logits after the last token that was fed: *count (may be null) floats, one per token of the vocabulary,
 * in the session's logits memory, valid until the next call with this session. The caller may change them.
 * After TIDBIT_CANCELED, call again. */
tidbit_status tidbit_logits(tidbit_session *session, float **logits, uint32_t *count);

/* The same for token `index` of the last chunk; tidbit_chunk_size() is the number of tokens in it. (To score a text,
 * feed at most `chunk` tokens per call and get the logits of each index.) */
tidbit_status tidbit_logits_at(tidbit_session *session, uint32_t index, float **logits, uint32_t *count);
uint32_t tidbit_chunk_size(const tidbit_session *session);

/* Feeds the tokens of the blob's self-test to a session, and compares the hash of the logits with the hash that the
 * converter computed. On any board, one call tells whether compiler, FPU mode and kernels are right. The session is
 * reset before and after. The test has at most 16 tokens. TIDBIT_ERR_SELFTEST if the logits differ,
 * TIDBIT_ERR_UNSUPPORTED if the blob has no self-test, TIDBIT_ERR_CONTEXT_FULL if the session's context is shorter
 * than the test. */
tidbit_status tidbit_selftest(tidbit_session *session);

/* How a token is chosen. All zero is greedy. The order is repetition penalty, temperature, top-k, top-p, min-p, draw.
 * A filter whose number is 0 is off, so that top_p = 0 keeps all tokens. No filter drops the token with the largest
 * logit. ARITHMETIC.md specifies each step. Probabilities are integers, so that the result is the same everywhere. */
typedef struct tidbit_sampling {
  float temperature;    /* 0: greedy (the lowest id among equals) */
  uint32_t top_k;       /* keep the k most probable; 0: off */
  float top_p;          /* keep the fewest tokens that together have at least this probability; 0 and 1: off */
  float min_p;          /* drop tokens less probable than this fraction of the most probable; 0: off */
  float repeat_penalty; /* divides positive and multiplies negative logits of recent tokens; 0 and 1: off */
} tidbit_sampling;

/* The generator is SplitMix64 (Steele, Lea, Flood 2014). Set `state` to the seed. */
typedef struct tidbit_rng {
  uint64_t state;
} tidbit_rng;

/* Chooses a token from `count` logits, which it overwrites. repeat_penalty applies to the `recent` tokens (may be null
 * if recent_count is 0), once to each. Nothing is sorted: the time is proportional to count, and with a penalty to
 * recent_count * (1 + count / 4096) as well.
 *
 * To forbid a token, set its logit to minus infinity. If one is plus infinity, it wins.
 * TIDBIT_ERR_NOT_FINITE if a logit is NaN, or if all are minus infinity. TIDBIT_ERR_ARGUMENT for parameters that are
 * not finite or out of range. */
tidbit_status tidbit_sample(float *logits, uint32_t count, const tidbit_sampling *sampling, tidbit_rng *rng,
                            const int32_t *recent, uint32_t recent_count, int32_t *token);

/* The natural logarithm of the probability of `token` among `count` logits (at most 2^20), which stay as they are. It
 * is what tidbit_sample draws from at temperature 1 without filters, and has the same bits on every target. A certain
 * token has 0, one whose logit is minus infinity has minus infinity. Call it before tidbit_sample, which overwrites the
 * logits. For the probability among some tokens only, set the other logits to minus infinity. The time is that of two
 * passes over the logits.
 *
 * Not there if the library was built without TIDBIT_LOGPROB. TIDBIT_ERR_TOKEN if there is no such token.
 * TIDBIT_ERR_NOT_FINITE if a logit is NaN or plus infinity, or if all are minus infinity. */
tidbit_status tidbit_logprob(const float *logits, uint32_t count, int32_t token, float *logprob);

/* Computes the logits, chooses a token (all as in tidbit_logits and tidbit_sample) and feeds it, unless it ends the
 * text (tidbit_is_end). TIDBIT_ERR_CONTEXT_FULL if there is no room for it; nothing is drawn then. After
 * TIDBIT_CANCELED the token, if one was chosen, is in *token, which is otherwise -1, and was not fed. */
tidbit_status tidbit_next(tidbit_session *session, const tidbit_sampling *sampling, tidbit_rng *rng,
                          const int32_t *recent, uint32_t recent_count, int32_t *token);

/* ---------------------------------------------------------------------------------------- encode */

/* Encoders (BERT and its relatives) turn texts into vectors. Not there if the library was built without the layer part
 * "encoder"; TIDBIT_ERR_UNSUPPORTED for a model that generates text, as tidbit_prefill is for an encoder.
 *
 * Each text has the vectors that it has alone, bit for bit, whatever other texts are in the call, and with any chunk
 * size and number of workers. A session's `context` is the number of tokens of all texts in a call together and may be
 * larger than max_context, which limits each text. If all tokens fit in a chunk, nothing is computed twice; otherwise
 * queries, keys and values are. */

/* Encodes `texts` texts, one after another in `tokens`: text i ends before token ends[i], where the next one begins.
 *   "a cat", "dogs"   tokens 101 1037 4937 102 101 6077 102   ends 4 7
 * TIDBIT_ERR_CONTEXT_FULL if a text or all together are too long; TIDBIT_ERR_ARGUMENT if a text has no tokens. After
 * TIDBIT_CANCELED or an error of the arguments there are no vectors, or those of the call before. */
tidbit_status tidbit_encode(tidbit_session *session, const int32_t *tokens, const uint32_t *ends, uint32_t texts);

/* The vector of token `index` among those that were encoded: *width (may be null) floats in the session's memory, valid
 * until the next call that changes the session. TIDBIT_ERR_NO_LOGITS if no such token was encoded. */
tidbit_status tidbit_hidden(const tidbit_session *session, uint32_t index, const float **vector, uint32_t *width);

/* The vector of a text, whose tokens are [begin, end): `width` floats, which must be tidbit_model_info.width. How those
 * of the tokens become one, and whether it has the length 1, is in the blob (FORMAT.md, pooling and unit_length).
 * TIDBIT_ERR_UNSUPPORTED if the checkpoint did not say it. */
tidbit_status tidbit_embedding(const tidbit_session *session, uint32_t begin, uint32_t end, float *embedding,
                               uint32_t width);

/* ------------------------------------------------------------------------------ save and restore */

/* Bytes that tidbit_save would write now. */
uint64_t tidbit_save_bytes(const tidbit_session *session);

/* Writes the session to `buffer`. On TIDBIT_ERR_MEMORY, *written (may be null) is the number of bytes needed. */
tidbit_status tidbit_save(const tidbit_session *session, void *buffer, size_t bytes, uint64_t *written);

/* Continues a saved session of the same blob, saved on any target. The session's context must have room for its
 * positions. A damaged image is refused and leaves the session reset. */
tidbit_status tidbit_restore(tidbit_session *session, const void *image, size_t bytes);

/* ------------------------------------------------------------------------------------------ text */

/* Flags. PARSE: a special token that is written out in the text becomes that token. Without it, such text is ordinary
 * text, so that untrusted text cannot contain special tokens. */
#define TIDBIT_TEXT_SPECIAL 1u /* add the tokens that the tokenizer puts before (begin of text) and after a prompt */
#define TIDBIT_TEXT_BOS 2u     /* add only those before */
#define TIDBIT_TEXT_PARSE 4u
/* The text goes on behind other tokens, so that no space is put in front of it (unless the tokenizer puts one behind
 * each special token). TIDBIT_ERR_ARGUMENT if the library was built without TIDBIT_CHAT. */
#define TIDBIT_TEXT_CONTINUE 8u

/* All zero is a valid set of options. */
typedef struct tidbit_tokenize_options {
  uint32_t flags;   /* TIDBIT_TEXT_... */
  uint32_t budget;  /* the most steps of the call; 0: no limit */
  tidbit_poll poll; /* may be null; called once per TIDBIT_TOKENIZE_STEPS steps. A value other than 0 ends the call */
  void *poll_user;
} tidbit_tokenize_options;

/* A step looks at a byte of the text or at two neighboring symbols. A text of n bytes takes at most 16 n + 16 steps,
 * or 64 n + 64 if the tokenizer needs TIDBIT_SPLIT_PROGRAM, and the time of a step has a bound, whatever the text and
 * the blob contain. If the tokenizer needs TIDBIT_NORMALIZER, n is the length of the normalized text if that is longer,
 * and each step of the normalizer takes up to 64 n + 64 more. */
#define TIDBIT_TOKENIZE_STEPS 256

/* Bytes of workspace that tidbit_tokenize needs for a text of `text_bytes`. The macro is a constant expression if its
 * argument is one. The function gives the same number, or 0 if the model has no tokenizer.
 * A normalizer may make a text longer: then the function gives what is enough for any text, and the macro is the least
 * that is accepted, and enough for a text that has text_bytes when it is normalized. */
#define TIDBIT_TOKENIZE_BYTES(text_bytes) ((((text_bytes) + 1u) * 29u + 7u) / 8u * 8u)
uint64_t tidbit_tokenize_bytes(const tidbit_model *model, size_t text_bytes);

/* The most tokens that a text of `text_bytes` can become, including those of TIDBIT_TEXT_SPECIAL. */
uint64_t tidbit_tokenize_most(const tidbit_model *model, size_t text_bytes);

/* Splits a text into tokens in O(n log n). `options` may be null. Invalid UTF-8 is not an error: each invalid byte is
 * treated like an unknown character. `workspace` must be aligned to 8 bytes and is used only during the call. On
 * TIDBIT_ERR_MEMORY, *count is the number of tokens for which `tokens` needs room, or 0 if the workspace is too small
 * (for the normalized text, too).
 * TIDBIT_CANCELED if the budget is used up or the poll hook ends the call: it gives no tokens and cannot go on. */
tidbit_status tidbit_tokenize(const tidbit_model *model, const char *text, size_t text_bytes,
                              const tidbit_tokenize_options *options, void *workspace, size_t workspace_bytes,
                              int32_t *tokens, uint32_t capacity, uint32_t *count);

/* The text of one token. *text points into the blob or to `small`, a buffer of the caller. Special tokens have no
 * text unless `special` is nonzero. *first (may be null, like a pointer to 0) is 1 at the start of a text, where
 * tokenizers drop spaces that they added before the text, and WordPiece and WordLevel those between words; it becomes 0
 * when the text has begun. BPE that marks the ends of words sets it to 0 behind a word and to 1 inside one, so pass on
 * what the last call left there. */
tidbit_status tidbit_token_text(const tidbit_model *model, int32_t token, int *first, int special, char small[8],
                                const char **text, uint32_t *bytes);

/* The id of the token whose text is exactly this (special tokens included), or -1. */
int32_t tidbit_find_token(const tidbit_model *model, const char *text, size_t text_bytes);

#define TIDBIT_STREAM_BYTES 1024 /* room for the longest stop string and the longest token */

/* Turns tokens into text as they come. Bytes are held back while they may belong to an unfinished UTF-8 character or
 * to a stop string. It is plain memory owned by the caller. */
typedef struct tidbit_stream {
  const tidbit_model *model;
  const char *const *stops; /* zero-terminated; must outlive the stream */
  uint32_t stop_count;
  uint32_t given;   /* bytes at the front of `text` that the last call returned */
  uint32_t held;    /* bytes after them that are held back */
  uint32_t started; /* 1 if the next token is not the first, see tidbit_token_text */
  uint32_t stopped; /* 1 once a stop string was found: the text before it was returned, and nothing follows */
  char text[TIDBIT_STREAM_BYTES];
} tidbit_stream;

/* Set `first` if the tokens are the start of a text (see tidbit_token_text), and 0 if they continue a prompt. Stop
 * strings have 1 to 128 bytes; `stops` may be null if stop_count is 0. */
tidbit_status tidbit_stream_init(tidbit_stream *stream, const tidbit_model *model, int first, const char *const *stops,
                                 uint32_t stop_count);

/* Takes a token and returns the text that is now certain: *bytes bytes at *text, valid until the next call. At the end
 * of a text, call tidbit_stream_end for the bytes still held back; an unfinished character becomes U+FFFD. Special
 * tokens have no text. */
tidbit_status tidbit_stream_push(tidbit_stream *stream, int32_t token, const char **text, uint32_t *bytes);
tidbit_status tidbit_stream_end(tidbit_stream *stream, const char **text, uint32_t *bytes);

/* ------------------------------------------------------------------------------------------ chat */

/* Conversations with a model that was trained for them. The converter takes the markers around messages from the
 * checkpoint's chat template. A conversation goes on in turns: tidbit_chat_turn gives the tokens of new messages, up to
 * where the answer begins; tidbit_prefill feeds them; tidbit_next gives the answer, until tidbit_is_end. The end token
 * is not fed: the next turn begins with it. None of these functions is there if the library was built without
 * TIDBIT_CHAT. */
typedef int32_t tidbit_role;
enum {
  TIDBIT_ROLE_NONE = 0, /* in front of the first message */
  TIDBIT_ROLE_SYSTEM = 1,
  TIDBIT_ROLE_USER = 2,
  TIDBIT_ROLE_ASSISTANT = 3,
  TIDBIT_ROLE_TOOL = 4,
  TIDBIT_ROLE_COUNT = 5
};

typedef struct tidbit_message {
  const char *text; /* may be null if bytes is 0 */
  size_t bytes;
  tidbit_role role; /* not TIDBIT_ROLE_NONE */
} tidbit_message;

/* The roles that messages can have: bit 1 << role. 0 if the blob has no chat template. */
uint32_t tidbit_chat_roles(const tidbit_model *model);

/* Bytes of workspace for tidbit_chat_turn with these messages, and the most tokens that it can give; 0 where it would
 * fail. */
uint64_t tidbit_chat_bytes(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                           uint32_t message_count);
uint64_t tidbit_chat_most(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                          uint32_t message_count);

/* Gives the tokens of one or more messages, of what stands between them, and of what starts an answer. `before` is the
 * role of the message before them: TIDBIT_ROLE_ASSISTANT after an answer, TIDBIT_ROLE_NONE at the start, where
 * begin-of-text is added if the template has it. Texts never become special tokens, whatever they contain. White space
 * around them is removed where the template does so.
 *
 * `options` (may be null) has the budget of each message and the poll hook; its flags must be 0. Workspace, tokens,
 * capacity and count are as in tidbit_tokenize. TIDBIT_ERR_NO_CHAT if the template does not allow these roles in this
 * order. */
tidbit_status tidbit_chat_turn(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                               uint32_t message_count, const tidbit_tokenize_options *options, void *workspace,
                               size_t workspace_bytes, int32_t *tokens, uint32_t capacity, uint32_t *count);

/* The text that ends an answer, if it is no token: a stop string for tidbit_stream_init, without the terminating zero.
 * *bytes is 0 if an end token does. */
tidbit_status tidbit_chat_stop(const tidbit_model *model, const char **text, uint32_t *bytes);

/* --------------------------------------------------------------------------------------- grammars */

/* Answers of a fixed form. tidbit-grammar compiles a regular expression or a JSON Schema; tidbit_grammar_mask
 * forbids the tokens that would leave the form, so that whatever tidbit_sample draws from the others is valid. For each
 * token:
 *
 *   tidbit_logits(session, &logits, &index);
 *   tidbit_grammar_mask(&grammar, &vocabulary, &state, logits, vocab_size, NULL);
 *   tidbit_sample(logits, vocab_size, &sampling, &rng, NULL, 0, &token);
 *   if (tidbit_is_end(model, token)) break;
 *   tidbit_grammar_accept(&grammar, model, token, &state);
 *   tidbit_prefill(session, &token, 1, ...);
 *
 * None of these functions is there if the library was built without TIDBIT_GRAMMAR. */

#define TIDBIT_GRAMMAR_DEPTH 32 /* of recursion, for example of objects inside one another */

/* A checked view of a compiled grammar: plain memory owned by the caller. The grammar must outlive it. */
typedef struct tidbit_grammar {
  uint64_t opaque[8];
} tidbit_grammar;

/* Checks the grammar [bytes, bytes + size), aligned to 4 bytes, in place. After TIDBIT_OK, nothing in it can make the
 * library read outside it or go on without end, and each place in it has a byte that may follow, or may be the last. On
 * an error, *fault (may be null) is the offset of what was refused. Grammars may come from the same sources as blobs.
 */
tidbit_status tidbit_grammar_open(const void *bytes, size_t size, tidbit_grammar *grammar, uint64_t *fault);

/* The grammar that a blob has for its answers (tidbit-convert --schema), to be given to tidbit_grammar_open. Null and 0
 * bytes if it has none. */
const void *tidbit_model_grammar(const tidbit_model *model, size_t *bytes);

/* The texts of a model's tokens in the order that masks need: plain memory owned by the caller, with a view of the
 * memory that was handed over. The model must outlive it. All sessions of a model can use it at the same time. */
typedef struct tidbit_vocabulary {
  uint64_t opaque[8];
} tidbit_vocabulary;

/* Bytes of memory for tidbit_vocabulary_init: 10 for each token and its text. 0 without a tokenizer. */
uint64_t tidbit_vocabulary_bytes(const tidbit_model *model);

/* Sorts the vocabulary into `memory`, which must be aligned to 4 bytes. Once per model: for 49,152 tokens it takes a
 * tenth of a second on a PC. */
tidbit_status tidbit_vocabulary_init(const tidbit_model *model, void *memory, size_t bytes,
                                     tidbit_vocabulary *vocabulary);

/* Where a text is in a grammar. It has no pointers: store it beside the image of tidbit_save, and go on with it on any
 * target. Every function checks it. */
typedef struct tidbit_grammar_state {
  uint16_t state;
  uint16_t depth; /* entries of `stack` */
  uint16_t first; /* 1 at the start of a text, see tidbit_token_text */
  uint16_t reserved;
  uint16_t stack[TIDBIT_GRAMMAR_DEPTH];
} tidbit_grammar_state;

/* The start of a grammar. `first` as in tidbit_stream_init: set it if the text starts here, and 0 if it goes on behind
 * a prompt. */
tidbit_status tidbit_grammar_start(const tidbit_grammar *grammar, int first, tidbit_grammar_state *state);

/* Sets the logits of all tokens that the grammar does not allow to minus infinity. Tokens that end a text are allowed
 * where the grammar may end; other tokens without a text, and those of more than 64 bytes, never. *allowed (may be
 * null) is the number of tokens that are. TIDBIT_ERR_NO_TOKEN if that is none: the vocabulary lacks what must follow,
 * or the text must end and the model has no token for that (tidbit_grammar_may_end). */
tidbit_status tidbit_grammar_mask(const tidbit_grammar *grammar, const tidbit_vocabulary *vocabulary,
                                  const tidbit_grammar_state *state, float *logits, uint32_t count, uint32_t *allowed);

/* The token, if only one is allowed, otherwise -1. Such tokens need no logits: collect them with tidbit_grammar_accept
 * and feed them together. */
int32_t tidbit_grammar_forced(const tidbit_grammar *grammar, const tidbit_vocabulary *vocabulary,
                              const tidbit_grammar_state *state);

/* Goes on behind a token. TIDBIT_ERR_NO_TOKEN if it is not allowed. A token that ends a text changes nothing. */
tidbit_status tidbit_grammar_accept(const tidbit_grammar *grammar, const tidbit_model *model, int32_t token,
                                    tidbit_grammar_state *state);

/* 1 if the text may end here, otherwise 0. */
int tidbit_grammar_may_end(const tidbit_grammar *grammar, const tidbit_grammar_state *state);

#define TIDBIT_VALUES 32

/* A string, number, true, false or null in an answer. The offsets are those in the answer's text. */
typedef struct tidbit_value {
  uint32_t name, name_bytes; /* the key in front of it, without quotation marks; 0 bytes if there is none */
  uint32_t text, text_bytes; /* the value itself */
  float logprob;
} tidbit_value;

/* How certain each value of an answer in JSON is. All zero at the start. Tags <...> around objects, as in calls of
 * tools, are skipped. Any other answer that begins with neither { nor [ counts as one value. */
typedef struct tidbit_confidence {
  float logprob;                      /* of the whole answer so far */
  uint32_t bytes;                     /* of its text */
  uint32_t count;                     /* values so far; the last one may be unfinished, or become a key */
  uint32_t name, name_bytes;          /* of the next value */
  uint32_t place, left;               /* inside the text */
  tidbit_value value;                 /* the last one */
  tidbit_value values[TIDBIT_VALUES]; /* the first ones */
} tidbit_confidence;

/* Takes the next token: its text (tidbit_token_text) and the logarithm of its probability, which is not above 0. If the
 * latter is that among the tokens that the grammar allowed,
 *
 *   tidbit_grammar_mask(&grammar, &vocabulary, &state, logits, vocab_size, NULL);
 *   ... choose a token, from a copy of the logits ...
 *   tidbit_logprob(logits, vocab_size, token, &logprob);
 *
 * then values[i].logprob is the logarithm of the probability of the value among those that the grammar allowed there:
 * that with which tidbit_sample draws it at temperature 1 without filters. It is the sum over the tokens that have a
 * byte of the value, and for a number also the one that ends it. A token from tidbit_grammar_forced is certain: 0. Give
 * the token that ends the text, too, with 0 bytes. */
tidbit_status tidbit_confidence_add(tidbit_confidence *confidence, const char *text, uint32_t bytes, float logprob);

/* ------------------------------------------------------------------------------------- checksums */

/* XXH64 (Yann Collet) with seed 0: the checksum of the format, and the hash of logits. Null counts as no bytes. */
uint64_t tidbit_hash(const void *data, size_t bytes);

/* ------------------------------------------------------------------------------------ binary layout */

/* The offsets of members are the same on every target, except for the size of a pointer. A compiler that disagrees
 * stops here. */
#if defined(__cplusplus) && __cplusplus >= 201103L
#define TIDBIT_LAYOUT(condition) static_assert(condition, "tidbit.h: unexpected layout of a struct")
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define TIDBIT_LAYOUT(condition) _Static_assert(condition, "tidbit.h: unexpected layout of a struct")
#else
#define TIDBIT_LAYOUT(condition) extern char tidbit_unexpected_layout[(condition) ? 1 : -1]
#endif
#define TIDBIT_POINTERS(count) ((count) * sizeof(void *))
TIDBIT_LAYOUT(sizeof(tidbit_status) == 4 && sizeof(tidbit_model) == 128);
TIDBIT_LAYOUT(offsetof(tidbit_model_info, is_encoder) == 108 && offsetof(tidbit_model_info, family) == 112);
TIDBIT_LAYOUT(offsetof(tidbit_model_info, converter) == 112 + TIDBIT_POINTERS(2));
TIDBIT_LAYOUT(offsetof(tidbit_field, name) == 24 && sizeof(tidbit_field) == 24 + TIDBIT_POINTERS(2));
TIDBIT_LAYOUT(offsetof(tidbit_options, poll_work) == 20 && offsetof(tidbit_options, parallel_for) == 24);
TIDBIT_LAYOUT(sizeof(tidbit_options) == 24 + TIDBIT_POINTERS(6));
TIDBIT_LAYOUT(offsetof(tidbit_plan_result, total) == 40 && offsetof(tidbit_plan_result, workers) == 56);
TIDBIT_LAYOUT(sizeof(tidbit_memory) == TIDBIT_POINTERS(2 * TIDBIT_PART_COUNT));
TIDBIT_LAYOUT(offsetof(tidbit_shortage, part) == 8 && sizeof(tidbit_shortage) == 16);
TIDBIT_LAYOUT(offsetof(tidbit_sampling, repeat_penalty) == 16 && sizeof(tidbit_sampling) == 20);
TIDBIT_LAYOUT(sizeof(tidbit_rng) == 8);
TIDBIT_LAYOUT(offsetof(tidbit_tokenize_options, poll) == 8);
TIDBIT_LAYOUT(sizeof(tidbit_trust) == TIDBIT_POINTERS(5) && sizeof(tidbit_slot) == TIDBIT_POINTERS(2));
TIDBIT_LAYOUT(offsetof(tidbit_message, role) == TIDBIT_POINTERS(2));
TIDBIT_LAYOUT(offsetof(tidbit_grammar_state, stack) == 8 && sizeof(tidbit_grammar_state) == 72);
TIDBIT_LAYOUT(offsetof(tidbit_confidence, value) == 28 && sizeof(tidbit_confidence) == 28 + 20 * (1 + TIDBIT_VALUES));
TIDBIT_LAYOUT(offsetof(tidbit_stream, text) == 20 + TIDBIT_POINTERS(2));
#undef TIDBIT_LAYOUT
#undef TIDBIT_POINTERS

#ifdef __cplusplus
}
#endif

#endif

/* tidbit: a decoder-only transformer runtime that fits inside firmware.
 *
 * How to use it, in order:
 *   tidbit_open      look at a blob where it lies (flash, mmap); nothing is copied
 *   tidbit_plan      exact bytes of memory, part by part, for a context and a chunk size
 *   tidbit_init      hand over the memory; nothing is ever freed, nothing is ever allocated
 *   tidbit_prefill   feed tokens, in bounded steps
 *   tidbit_logits    a score for each token of the vocabulary
 *   tidbit_sample    choose the next token; feed it with tidbit_prefill, and so on
 *
 * Promises:
 *   - The same blob and tokens give the same logits, bit for bit, on every instruction set, with any
 *     number of workers, any chunk size, and after a session was saved and restored.
 *   - No heap, files, threads, locale, stdio, exceptions, globals that change, or unbounded recursion.
 *   - Blobs, session images, texts, tokens and options are untrusted: each failure is a status.
 *   - Every function is reentrant. One session must not be used by two threads at once; one model may.
 *
 * The blob's layout is specified in FORMAT.md, the arithmetic of each operation in ARITHMETIC.md.
 * Sizes are bytes, lengths of texts too; texts are UTF-8 and need no terminating zero unless they are
 * a `const char *` without a length beside it.
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

/* Alignment in bytes of the blob and of every memory part. */
#define TIDBIT_ALIGNMENT 64

/* ---------------------------------------------------------------------------------------- status */

typedef enum tidbit_status {
  TIDBIT_OK = 0,
  TIDBIT_PENDING = 1,           /* the work budget is used up; call again with the tokens that are left */
  TIDBIT_CANCELLED = 2,         /* the poll hook asked to stop; the chunk in work is forgotten */
  TIDBIT_ERR_ARGUMENT = 3,      /* a null pointer, or a number outside its documented range */
  TIDBIT_ERR_ALIGNMENT = 4,     /* a blob or memory part is not aligned to TIDBIT_ALIGNMENT */
  TIDBIT_ERR_MEMORY = 5,        /* a buffer is too small; the missing bytes are reported */
  TIDBIT_ERR_NOT_A_BLOB = 6,    /* the magic number is not there */
  TIDBIT_ERR_VERSION = 7,       /* the blob's format is newer than this library */
  TIDBIT_ERR_TRUNCATED = 8,     /* the blob is shorter than its header says */
  TIDBIT_ERR_CHECKSUM = 9,      /* stored and computed checksum differ */
  TIDBIT_ERR_CONFIG = 10,       /* a number of the model's configuration is out of range */
  TIDBIT_ERR_TENSOR = 11,       /* a tensor is missing, misplaced or has the wrong shape */
  TIDBIT_ERR_TOKENIZER = 12,    /* the tokenizer's tables are inconsistent */
  TIDBIT_ERR_UNSUPPORTED = 13,  /* this build leaves out what the blob or the call needs */
  TIDBIT_ERR_ISA = 14,          /* the CPU or the build lacks the requested instruction set */
  TIDBIT_ERR_CONTEXT_FULL = 15, /* the session's context has no room for the tokens */
  TIDBIT_ERR_TOKEN = 16,        /* a token id is negative or not below the vocabulary's size */
  TIDBIT_ERR_NO_TOKENIZER = 17, /* the blob was converted without a tokenizer */
  TIDBIT_ERR_NO_LOGITS = 18,    /* nothing was fed yet, or the index is not in the last chunk */
  TIDBIT_ERR_SESSION = 19,      /* a saved session is damaged or belongs to another model */
  TIDBIT_STATUS_COUNT = 20
} tidbit_status;

/* A short English sentence for a status; "unknown status" for other numbers. Never null, but always empty where the
 * library was built without the sentences. */
const char *tidbit_status_string(tidbit_status status);

/* ----------------------------------------------------------------------------------------- model */

/* A checked view of a blob. Plain memory of the caller's: copy it, drop it. The blob must outlive it. */
typedef struct tidbit_model {
  uint64_t opaque[32];
} tidbit_model;

/* Checks the header of the blob [blob, blob + size) and fills *model.
 * Time is O(header): weights are not read. After TIDBIT_OK no byte of the blob, whatever it holds, makes
 * the library read outside it. On an error *fault (may be null) is the byte offset in the blob of
 * what was refused. `size` may exceed the blob (a flash partition). */
tidbit_status tidbit_open(const void *blob, size_t size, tidbit_model *model, uint64_t *fault);

/* Reads the whole blob and compares each section's checksum. On TIDBIT_ERR_CHECKSUM *fault (may be
 * null) is the offset of the damaged section. */
tidbit_status tidbit_verify(const tidbit_model *model, uint64_t *fault);

/* Number formats of weights; the first three are those of KV caches too. */
typedef enum tidbit_format {
  TIDBIT_F32 = 0,
  TIDBIT_F16 = 1,
  TIDBIT_Q8 = 2,    /* int8 codes in groups along a row, one f16 scale per group */
  TIDBIT_Q4 = 3,    /* 4-bit codes in groups, with a 4-bit scale and shift per block of 32 */
  TIDBIT_Q8X16 = 4, /* q8 with 16 consecutive codes of a row together: fast with Helium, slow elsewhere */
  TIDBIT_FORMAT_COUNT = 5
} tidbit_format;
typedef tidbit_format tidbit_dtype;

typedef enum tidbit_layout {
  TIDBIT_TILE16 = 1,   /* 4 consecutive codes of a row together: for every CPU */
  TIDBIT_TILE16X16 = 2 /* 16 of them: for Helium; elsewhere it is slow */
} tidbit_layout;

typedef struct tidbit_model_info {
  const char *family;    /* "llama", "gpt2", "openai-gpt", "marian": where the blob came from */
  const char *source;    /* provenance: name of the checkpoint as given to the converter */
  const char *converter; /* provenance: converter's version and options */
  uint32_t vocab_size;   /* logits per position */
  uint32_t layers;
  uint32_t width;    /* channels of the residual stream */
  uint32_t heads;    /* query heads */
  uint32_t kv_heads; /* key and value heads */
  uint32_t head_dim; /* channels of a head */
  uint32_t ffn_width;
  uint32_t segments;        /* rows of the segment embedding, 0 without one */
  uint32_t max_context;     /* the longest context that the model can address */
  uint32_t default_context; /* used where tidbit_options.context is 0 */
  tidbit_dtype weights;     /* of the matrices */
  tidbit_dtype kv;          /* of the KV cache */
  tidbit_layout layout;     /* of q8 matrices */
  int32_t bos_token;        /* -1 where there is none */
  int32_t eos_token;        /* the first end-of-text token, -1 where there is none */
  int32_t has_tokenizer;
  uint64_t parameters; /* weights, as numbers */
  uint64_t blob_bytes;
  uint64_t weight_bytes;    /* of all tensors */
  uint64_t bytes_per_token; /* weight bytes read for one decoded token */
  uint64_t checksum;        /* of the header, which holds the checksums of everything else */
} tidbit_model_info;

/* Strings of *info point into the blob. */
tidbit_status tidbit_info(const tidbit_model *model, tidbit_model_info *info);

/* 1 where the token ends a text (end of text, end of turn), 0 otherwise. */
int tidbit_is_end(const tidbit_model *model, int32_t token);

/* ------------------------------------------------------------------------- instruction set, hooks */

typedef enum tidbit_isa {
  TIDBIT_ISA_AUTO = 0, /* the fastest that is known to run */
  TIDBIT_ISA_SCALAR = 1,
  TIDBIT_ISA_AVX2 = 2, /* AVX2, FMA and F16C */
  TIDBIT_ISA_AVX512VNNI = 3,
  TIDBIT_ISA_NEON = 4,
  TIDBIT_ISA_DOTPROD = 5, /* NEON with the dot product of Armv8.2 */
  TIDBIT_ISA_I8MM = 6,    /* and with the int8 matrix product of Armv8.6 */
  TIDBIT_ISA_DSP = 7,     /* Cortex-M with the DSP extension and an FPU */
  TIDBIT_ISA_NEON32 = 8,  /* Armv7-A with NEON and VFPv4 */
  TIDBIT_ISA_SIMD128 = 9, /* WebAssembly with SIMD128 */
  TIDBIT_ISA_HELIUM = 10, /* Cortex-M with Helium (M55) */
  TIDBIT_ISA_COUNT = 11
} tidbit_isa;

/* "scalar", "avx2", ...: the names of the enumerators in lower case. Null for other numbers. */
const char *tidbit_isa_name(tidbit_isa isa);

/* What the CPU has beyond what the library finds out by itself. x86 is asked with CPUID; on Arm there
 * is no such way that is safe under every kernel, so the platform says it (Linux: getauxval). */
#define TIDBIT_CPU_DOTPROD 1u
#define TIDBIT_CPU_I8MM 2u
#define TIDBIT_CPU_NEON_VFPV4 4u /* 32-bit Arm: both of them */

/* The set that TIDBIT_ISA_AUTO means on this CPU; `cpu` as in tidbit_options. */
tidbit_isa tidbit_isa_best(uint32_t cpu);

/* TIDBIT_OK where the set is in this build and on this CPU, else TIDBIT_ERR_ISA. */
tidbit_status tidbit_isa_check(tidbit_isa isa, uint32_t cpu);

/* Runs task(context, i) once for each i below count, in any order, on any threads, and returns when all
 * have ended. The library has no threads of its own. */
typedef void (*tidbit_task)(void *context, uint32_t index);
typedef void (*tidbit_parallel_for)(void *user, tidbit_task task, void *context, uint32_t count);

/* Called at least once a layer on the thread that called the library (kick a watchdog here). A value
 * other than 0 cancels the chunk in work. */
typedef int (*tidbit_poll)(void *user);

/* All zero is a valid set of options. */
typedef struct tidbit_options {
  uint32_t context; /* positions that the session can hold; 0: the blob's default; at most max_context */
  uint32_t chunk;   /* prompt tokens computed together, 1 to 256; 0: 16. More is faster and takes memory */
  uint32_t workers; /* tasks handed to parallel_for at once, 0 to 64; 0 and 1: all on the calling thread */
  tidbit_isa isa;
  uint32_t cpu;                     /* TIDBIT_CPU_... */
  tidbit_parallel_for parallel_for; /* null: all on the calling thread */
  void *parallel_user;
  tidbit_poll poll; /* may be null */
  void *poll_user;
} tidbit_options;

/* ---------------------------------------------------------------------------------------- memory */

/* The parts of a session's memory. Each may lie in its own kind of memory (TCM, SRAM, PSRAM). */
typedef enum tidbit_part {
  TIDBIT_PART_STATE = 0,       /* the session itself; small */
  TIDBIT_PART_KV = 1,          /* keys and values; grows with the context; read once per token */
  TIDBIT_PART_ACTIVATIONS = 2, /* vectors of the chunk in work; grows with the chunk; hot */
  TIDBIT_PART_LOGITS = 3,      /* one float per vocabulary entry */
  TIDBIT_PART_SCRATCH = 4,     /* attention scores per worker; hot */
  TIDBIT_PART_COUNT = 5
} tidbit_part;

const char *tidbit_part_name(tidbit_part part);

/* The same figures on every target, 32 or 64 bits. */
typedef struct tidbit_plan_result {
  uint64_t bytes[TIDBIT_PART_COUNT]; /* multiples of TIDBIT_ALIGNMENT */
  uint64_t total;                    /* their sum */
  uint32_t context;                  /* as it will be used, defaults filled in */
  uint32_t chunk;
  uint32_t workers;
} tidbit_plan_result;

tidbit_status tidbit_plan(const tidbit_model *model, const tidbit_options *options, tidbit_plan_result *plan);

typedef struct tidbit_memory {
  void *data[TIDBIT_PART_COUNT]; /* each aligned to TIDBIT_ALIGNMENT */
  size_t bytes[TIDBIT_PART_COUNT];
} tidbit_memory;

/* Cuts one buffer into the parts of the plan. On TIDBIT_ERR_MEMORY *missing (may be null) is the number of
 * bytes that `buffer` lacks. */
tidbit_status tidbit_split_memory(const tidbit_plan_result *plan, void *buffer, size_t bytes, tidbit_memory *memory,
                                  uint64_t *missing);

/* A generation in progress: positions fed so far and what the model remembers of them. */
typedef struct tidbit_session tidbit_session;

typedef struct tidbit_shortage {
  tidbit_part part;
  uint64_t missing; /* bytes */
} tidbit_shortage;

/* Makes a session in caller memory. Memory and model must outlive it; it is never freed. On TIDBIT_ERR_MEMORY
 * *shortage (may be null) names the first part that is too small. */
tidbit_status tidbit_init(const tidbit_model *model, const tidbit_options *options, const tidbit_memory *memory,
                          tidbit_session **session, tidbit_shortage *shortage);

/* Forgets everything that was fed. */
void tidbit_reset(tidbit_session *session);

/* Positions that are in the KV cache, and positions that it can hold. */
uint32_t tidbit_position(const tidbit_session *session);
uint32_t tidbit_context(const tidbit_session *session);
/* The instruction set in use. */
tidbit_isa tidbit_session_isa(const tidbit_session *session);

/* Keeps the first `position` positions and forgets the rest (to answer again after a common prompt). Logits
 * are not available until something is fed. TIDBIT_ERR_ARGUMENT beyond tidbit_position(). */
tidbit_status tidbit_rewind(tidbit_session *session, uint32_t position);

/* -------------------------------------------------------------------------------------- generate */

/* Feeds `count` tokens. *consumed (may be null) is the number that entered the KV cache.
 *
 * `budget` bounds the work of this call, in token-layers (one token through one layer; a model of 5 layers and
 * 10 tokens is 50); 0 is no bound. At least one layer of one chunk is done. When the budget ends first,
 * the call returns TIDBIT_PENDING: call again with the tokens from *consumed on, of which the first ones must
 * be unchanged. Neither chunk nor budget changes a bit of the result.
 *
 * Any error, and TIDBIT_CANCELLED, leaves the positions of the last whole chunk; logits are then not available until
 * something is fed. Wrong arguments (TIDBIT_ERR_ARGUMENT, _TOKEN, _CONTEXT_FULL) change nothing at all. */
tidbit_status tidbit_prefill(tidbit_session *session, const int32_t *tokens, uint32_t count, uint64_t budget,
                             uint32_t *consumed);

/* Segment (first GPT: sentence A or B) of the tokens fed from now on; 0 after init.
 * TIDBIT_ERR_ARGUMENT unless segment < tidbit_model_info.segments. */
tidbit_status tidbit_set_segment(tidbit_session *session, uint32_t segment);

/* Computes the logits after the last token that was fed: vocab_size floats in the session's logits memory,
 * valid until the next call that takes this session. The caller may change them. */
tidbit_status tidbit_logits(tidbit_session *session, float **logits);

/* The same for token `index` of the last chunk; tidbit_chunk_size() tells how many there are. (To score a
 * text, prefill at most `chunk` tokens a call and ask for each index.) */
tidbit_status tidbit_logits_at(tidbit_session *session, uint32_t index, float **logits);
uint32_t tidbit_chunk_size(const tidbit_session *session);

/* How a token is chosen. All zero is greedy. Order: repetition penalty, temperature, top-k, top-p, min-p, draw.
 * ARITHMETIC.md specifies each step; all counting is in integers, so that it is the same everywhere. */
typedef struct tidbit_sampling {
  float temperature;    /* 0: greedy (the lowest id among equals) */
  uint32_t top_k;       /* keep the k most probable; 0: all */
  float top_p;          /* keep the smallest set with at least this probability; 0 and 1: all */
  float min_p;          /* drop what is less probable than this share of the most probable; 0: none */
  float repeat_penalty; /* divide positive and multiply negative logits of recent tokens; 0 and 1: off */
} tidbit_sampling;

/* The generator is SplitMix64 (Steele, Lea, Flood 2014); its state is the seed. */
typedef struct tidbit_rng {
  uint64_t state;
} tidbit_rng;

/* Chooses a token from `count` logits and changes them in place. `recent` holds the tokens that
 * repeat_penalty looks at (may be null with recent_count 0). Takes O(count), sorts nothing.
 * TIDBIT_ERR_ARGUMENT for parameters that are not finite or out of range. */
tidbit_status tidbit_sample(float *logits, uint32_t count, const tidbit_sampling *sampling, tidbit_rng *rng,
                            const int32_t *recent, uint32_t recent_count, int32_t *token);

/* ------------------------------------------------------------------------------ save and restore */

/* Bytes that tidbit_save will write now. */
uint64_t tidbit_save_bytes(const tidbit_session *session);

/* Writes the session to `buffer`. On TIDBIT_ERR_MEMORY *written (may be null) is the number of bytes needed. */
tidbit_status tidbit_save(const tidbit_session *session, void *buffer, size_t bytes, uint64_t *written);

/* Continues a saved session of the same blob, on any target, in a session of any context that holds its
 * positions. A damaged image is refused and leaves the session reset. */
tidbit_status tidbit_restore(tidbit_session *session, const void *image, size_t bytes);

/* ------------------------------------------------------------------------------------------ text */

#define TIDBIT_TEXT_SPECIAL 1u /* add what the tokenizer puts before (begin of text) and after a prompt */
#define TIDBIT_TEXT_BOS 2u     /* add only what it puts before */
#define TIDBIT_TEXT_PARSE                                                               \
  4u /* a special token written out in the text becomes that token; without the flag it \
        is ordinary text, so that untrusted text can't contain one */

/* Bytes of workspace that tidbit_tokenize needs for a text of `text_bytes`; at most 32 times that plus 256. */
uint64_t tidbit_tokenize_bytes(const tidbit_model *model, size_t text_bytes);

/* Most tokens that a text of `text_bytes` can become, those of TIDBIT_TEXT_SPECIAL included. */
uint64_t tidbit_tokenize_most(const tidbit_model *model, size_t text_bytes);

/* Splits a text into tokens in O(n log n). Invalid UTF-8 is not an error: each invalid byte goes the way
 * of an unknown character. `workspace` (any alignment of 8) is needed during the call only.
 * On TIDBIT_ERR_MEMORY *count is the number of tokens that `tokens` should have room for, or 0 where
 * it is the workspace that is too small. */
tidbit_status tidbit_tokenize(const tidbit_model *model, const char *text, size_t text_bytes, uint32_t flags,
                              void *workspace, size_t workspace_bytes, int32_t *tokens, uint32_t capacity,
                              uint32_t *count);

/* The bytes of one token, as they lie in the blob or in `small` (a byte token; 8 bytes of the caller's).
 * Special tokens have none unless `special` is not 0. `first` is not 0 at the start of a text, where
 * SentencePiece drops the blank that it put before the text. */
tidbit_status tidbit_token_text(const tidbit_model *model, int32_t token, int first, int special, char small[8],
                                const char **text, uint32_t *bytes);

/* The id of the token whose text is exactly this (special tokens included), or -1. */
int32_t tidbit_find_token(const tidbit_model *model, const char *text, size_t text_bytes);

#define TIDBIT_STREAM_BYTES 1024 /* a stop string and a token of the longest kind, with room to spare */

/* Turns tokens into text as they come. Bytes are held back while they may belong to an unfinished UTF-8
 * character or to a stop string. Plain memory of the caller's. */
typedef struct tidbit_stream {
  const tidbit_model *model;
  const char *const *stops; /* zero-terminated; must outlive the stream */
  uint32_t stop_count;
  uint32_t given;   /* bytes at the front of `text` that the last call gave out */
  uint32_t held;    /* bytes after them that are held back */
  uint32_t started; /* 1 once a token gave text, or where the text began before the stream */
  uint32_t stopped; /* 1 after a stop string was found: what came before it was given out, nothing follows */
  char text[TIDBIT_STREAM_BYTES];
} tidbit_stream;

/* `first` is not 0 where the tokens to come are the start of a text (see tidbit_token_text), 0 where they go on after a
 * prompt. Stop strings have 1 to 128 bytes; `stops` may be null with stop_count 0. */
tidbit_status tidbit_stream_init(tidbit_stream *stream, const tidbit_model *model, int first, const char *const *stops,
                                 uint32_t stop_count);

/* Takes a token and gives the text that is now certain: *bytes of it at *text, which is valid until the next call.
 * After a whole text call tidbit_stream_end for what is still held (as U+FFFD where a character stayed
 * unfinished). Special tokens give no text. */
tidbit_status tidbit_stream_push(tidbit_stream *stream, int32_t token, const char **text, uint32_t *bytes);
tidbit_status tidbit_stream_end(tidbit_stream *stream, const char **text, uint32_t *bytes);

/* ------------------------------------------------------------------------------------- checksums */

/* XXH64 of Yann Collet with seed 0: the checksum of the format, and the hash of logits in the exactness table. */
uint64_t tidbit_hash(const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif

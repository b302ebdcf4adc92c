#include "cli/boards.h"

#include <stdio.h>
#include <strings.h>

namespace tidbit::cli {
namespace {

constexpr MemoryKind kFlash = MemoryKind::flash;
constexpr MemoryKind kRam = MemoryKind::ram;
constexpr uint64_t kKb = 1024, kMb = 1024 * kKb, kGb = 1024 * kMb;

// Left out: memories that the core reads as instructions only, those of other cores, battery-backed ones, and chips
// that a board has pads for. A part of each memory is the program's own; how much, the table cannot know.
//
// A source is where a figure is to be looked up. Some were entered without the document at hand: check them against the
// revision of a board before anything depends on them.
constexpr Board kBoards[] = {
    {"pico2",
     "Raspberry Pi Pico 2, RP2350 at 150 MHz",
     16 * kKb,
     "RP2350 datasheet, XIP cache",
     {{"QSPI flash", kFlash, 4 * kMb, 4, 75, "Pico 2 datasheet; pico-sdk pico2.h: 150 MHz / PICO_FLASH_SPI_CLKDIV 2"},
      {"SRAM", kRam, 520 * kKb, 32, 150, "RP2350 datasheet: SRAM0-9, AHB5 data port of one core"}}},
    {"nucleo-h743zi",
     "ST Nucleo-H743ZI, STM32H743ZI at 480 MHz",
     16 * kKb,
     "ST DS12110, L1 data cache",
     {{"flash", kFlash, 2 * kMb, 64, 240, "ST DS12110; RM0433: 64-bit AXI at half the core's clock"},
      {"DTCM", kRam, 128 * kKb, 64, 480, "ST DS12110; RM0433: two 32-bit ports at the core's clock"},
      {"AXI SRAM", kRam, 512 * kKb, 64, 240, "ST DS12110; RM0433: 64-bit AXI at half the core's clock"},
      {"SRAM1-3", kRam, 288 * kKb, 32, 240, "ST DS12110; RM0433: 32-bit AHB of domain D2"}}},
    {"nrf5340-dk",
     "Nordic nRF5340 DK, application core at 128 MHz",
     8 * kKb,
     "nRF5340 Product Specification, CACHE",
     {{"QSPI flash", kFlash, 8 * kMb, 4, 48,
       "MX25R6435F datasheet, 80 MHz at most; nRF5340 Product Specification: SCK 96 MHz / n"},
      {"flash", kFlash, 1 * kMb, 32, 128, "nRF5340 Product Specification: AHB data port of the core"},
      {"RAM", kRam, 512 * kKb, 32, 128, "nRF5340 Product Specification: AHB data port of the core"}}},
    {"esp32-s3",
     "ESP32-S3-DevKitC-1 with ESP32-S3-WROOM-1-N16R8 at 240 MHz",
     64 * kKb,
     "ESP32-S3 Technical Reference Manual, data cache at its largest",
     {{"QSPI flash", kFlash, 16 * kMb, 4, 80, "ESP32-S3-WROOM-1 datasheet; ESP-IDF v5.0 flash guide: F4R8, 80 MHz SDR"},
      {"SRAM1", kRam, 416 * kKb, 128, 240, "ESP32-S3 Technical Reference Manual; datasheet: 128-bit data bus"},
      {"PSRAM", kRam, 8 * kMb, 8, 160, "ESP32-S3-WROOM-1 datasheet; ESP-IDF v5.0 flash guide: F4R8, 80 MHz DDR"}}},
    {"teensy-4.1",
     "PJRC Teensy 4.1, i.MX RT1062 at 600 MHz",
     32 * kKb,
     "NXP IMXRT1060CEC, L1 data cache",
     {{"QSPI flash", kFlash, 7936 * kKb, 4, 133,
       "PJRC Teensy 4.1 page; cores/teensy4/bootdata.c: serialClkFreq 8, 133 MHz"},
      {"RAM1", kRam, 512 * kKb, 64, 600, "PJRC Teensy 4.1 page; NXP IMXRT1060RM: DTCM, two 32-bit ports"},
      {"RAM2", kRam, 512 * kKb, 64, 150, "PJRC Teensy 4.1 page: 64 bits, a quarter of the core's clock"}}},
    {"alif-e7",
     "Alif Ensemble E7, high-performance Cortex-M55 at 400 MHz",
     64 * kKb,
     "Arm Cortex-M55 TRM, L1 data cache at its largest",
     {{"MRAM", kFlash, 5632 * kKb, 64, 400,
       "Alif Ensemble DFP; Arm Cortex-M55 TRM: 64-bit M-AXI; the MRAM itself may be slower"},
      {"DTCM", kRam, 1 * kMb, 64, 400, "Alif AWPR0003, SRAM3; Arm Cortex-M55 TRM: loads of 64 bits a cycle"},
      {"SRAM0", kRam, 4 * kMb, 64, 400, "Alif AWPR0003; Arm Cortex-M55 TRM: 64-bit M-AXI"},
      {"SRAM1", kRam, 2560 * kKb, 64, 400, "Alif AWPR0003; Arm Cortex-M55 TRM: 64-bit M-AXI"}}},
    {"pi-zero-2w",
     "Raspberry Pi Zero 2 W",
     512 * kKb,
     "Raspberry Pi documentation, BCM2710A1: L2 cache",
     {{"LPDDR2", kRam, 512 * kMb, 32, 900, "Raspberry Pi documentation: config.txt sdram_freq 450, both edges"}}},
    {"pi-4",
     "Raspberry Pi 4 Model B, 4 GB",
     1 * kMb,
     "Raspberry Pi documentation, BCM2711: L2 cache",
     {{"LPDDR4", kRam, 4 * kGb, 32, 3200, "Raspberry Pi 4 Model B product brief: LPDDR4-3200"}}},
    {"pi-5",
     "Raspberry Pi 5, 4 GB",
     4 * kMb,
     "Raspberry Pi documentation, BCM2712: L3 cache and four L2 caches",
     {{"LPDDR4X", kRam, 4 * kGb, 32, 4267, "Raspberry Pi 5 product brief: LPDDR4X-4267"}}},
};

}  // namespace

size_t Board::memory_count() const {
  size_t count = 0;
  while (count < kMostMemories && memories[count].kind != MemoryKind::none) ++count;
  return count;
}

const Board *find_board(const char *name) {
  for (const Board &board : kBoards) {
    if (strcasecmp(board.name, name) == 0) return &board;
  }
  return nullptr;
}

void list_boards(char *list, size_t bytes) {
  size_t used = 0;
  for (const Board &board : kBoards) {
    if (used >= bytes) return;
    used += static_cast<size_t>(snprintf(list + used, bytes - used, "%s%s", used > 0 ? ", " : "", board.name));
  }
}

}  // namespace tidbit::cli

/* System V ABI, "Object Files": the ELF64 header and program header, as the loader reads them. */
#ifndef LONGMODE_ELF64_H
#define LONGMODE_ELF64_H

#include "types.h"

#define ELFMAG 0x464c457fu /* "\x7fELF", little-endian. */
#define ELFCLASS64 2
#define ELFDATA2LSB 1
#define ET_EXEC 2
#define EM_X86_64 62
#define PT_LOAD 1
#define PF_X 1
#define PF_W 2
#define PF_R 4

struct elf64_ehdr {
  u32 ei_magic;
  u8 ei_class;
  u8 ei_data;
  u8 ei_version;
  u8 ei_padding[9];
  u16 e_type;
  u16 e_machine;
  u32 e_version;
  u64 e_entry;
  u64 e_phoff;
  u64 e_shoff;
  u32 e_flags;
  u16 e_ehsize;
  u16 e_phentsize;
  u16 e_phnum;
  u16 e_shentsize;
  u16 e_shnum;
  u16 e_shstrndx;
};

struct elf64_phdr {
  u32 p_type;
  u32 p_flags;
  u64 p_offset;
  u64 p_vaddr;
  u64 p_paddr;
  u64 p_filesz;
  u64 p_memsz;
  u64 p_align;
};

#endif

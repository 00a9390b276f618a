// Makes a shared library that was built with glibc 2.38 or later load with an older one: older-glibc LIBRARY
//
// All that it needs of those are the functions that read numbers as C23 has them (__isoc23_strtol, ...). They become the
// plain ones of C17, whose names are the ends of theirs; and the versions that nothing needs any more become weak.
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "__isoc23_";

int main(int argc, char **argv) {
  const int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
  struct stat file;
  if (fd < 0 || fstat(fd, &file) != 0) return perror("older-glibc"), 1;
  char *base = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return perror("older-glibc"), 1;
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
  if (memcmp(base, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64) return fputs("older-glibc: no 64-bit library\n", stderr), 1;
  const Elf64_Shdr *sections = (const Elf64_Shdr *)(base + header->e_shoff);
  const Elf64_Shdr *symbols = NULL, *versions = NULL, *needed = NULL;
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type == SHT_DYNSYM) symbols = &sections[i];
    if (sections[i].sh_type == SHT_GNU_versym) versions = &sections[i];
    if (sections[i].sh_type == SHT_GNU_verneed) needed = &sections[i];
  }
  if (!symbols || !versions || !needed) return fputs("older-glibc: no versions in it\n", stderr), 1;
  const char *names = base + sections[symbols->sh_link].sh_offset;
  Elf64_Sym *symbol = (Elf64_Sym *)(base + symbols->sh_offset);
  Elf64_Versym *version = (Elf64_Versym *)(base + versions->sh_offset);
  for (size_t i = 0; i < symbols->sh_size / sizeof *symbol; ++i)
    if (symbol[i].st_shndx == SHN_UNDEF && strncmp(names + symbol[i].st_name, prefix, sizeof prefix - 1) == 0) {
      symbol[i].st_name += sizeof prefix - 1;
      version[i] = VER_NDX_GLOBAL;
    }
  Elf64_Verneed *need = (Elf64_Verneed *)(base + needed->sh_offset);
  for (unsigned left = needed->sh_info; left > 0; --left, need = (Elf64_Verneed *)((char *)need + need->vn_next)) {
    Elf64_Vernaux *aux = (Elf64_Vernaux *)((char *)need + need->vn_aux);
    for (unsigned more = need->vn_cnt; more > 0; --more, aux = (Elf64_Vernaux *)((char *)aux + aux->vna_next)) {
      int used = 0;
      for (size_t i = 0; i < symbols->sh_size / sizeof *symbol; ++i) used |= (version[i] & 0x7fff) == aux->vna_other;
      if (!used) aux->vna_flags |= VER_FLG_WEAK;
    }
  }
  return 0;
}

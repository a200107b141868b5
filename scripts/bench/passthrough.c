/*
 * The peer that h5fs is measured against: a good plain FUSE server in C. One file, /data, which is the file given;
 * libfuse 3's low-level interface, multi-threaded loop with a cloned descriptor for each thread, 1 MiB requests, long
 * attribute lifetimes. It copies by pread: splicing was two to three times slower. Always in the foreground.
 *
 * usage: passthrough FILE DIR
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA_INODE 2
#define REQUEST_BYTES (1 << 20)
#define LIFETIME_SECONDS 3600.0

static int backing;
static struct stat backing_stat;

static void fill(fuse_ino_t ino, struct stat *st) {
  memset(st, 0, sizeof *st);
  st->st_ino = ino;
  if (ino == FUSE_ROOT_ID) {
    st->st_mode = S_IFDIR | 0555;
    st->st_nlink = 2;
  } else {
    st->st_mode = S_IFREG | 0444;
    st->st_nlink = 1;
    st->st_size = backing_stat.st_size;
    st->st_blocks = backing_stat.st_blocks;
  }
}

static void init(void *userdata, struct fuse_conn_info *conn) {
  (void)userdata;
  conn->max_read = REQUEST_BYTES;
  conn->max_write = REQUEST_BYTES; /* libfuse derives the pages of a request from it */
  conn->want &= ~(FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_SPLICE_READ);
}

static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name) {
  if (parent != FUSE_ROOT_ID || strcmp(name, "data") != 0) {
    fuse_reply_err(req, ENOENT);
    return;
  }
  struct fuse_entry_param e = {.ino = DATA_INODE, .attr_timeout = LIFETIME_SECONDS, .entry_timeout = LIFETIME_SECONDS};
  fill(DATA_INODE, &e.attr);
  fuse_reply_entry(req, &e);
}

static void getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  (void)fi;
  struct stat st;
  fill(ino, &st);
  fuse_reply_attr(req, &st, LIFETIME_SECONDS);
}

static void open_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  (void)ino;
  fi->keep_cache = 1;
  fuse_reply_open(req, fi);
}

static void read_file(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi) {
  static _Thread_local char *buffer;
  (void)ino;
  (void)fi;
  if (buffer == NULL && posix_memalign((void **)&buffer, 4096, REQUEST_BYTES) != 0) {
    buffer = NULL;
    fuse_reply_err(req, ENOMEM);
    return;
  }
  ssize_t n = pread(backing, buffer, size < REQUEST_BYTES ? size : REQUEST_BYTES, off);
  if (n < 0) {
    fuse_reply_err(req, errno);
  } else {
    fuse_reply_buf(req, buffer, (size_t)n);
  }
}

static void readdir_root(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi) {
  (void)fi;
  char buffer[256];
  struct stat st;
  size_t used = 0;
  if (ino == FUSE_ROOT_ID && off == 0) {
    fill(DATA_INODE, &st);
    used = fuse_add_direntry(req, buffer, sizeof buffer, "data", &st, 1);
  }
  fuse_reply_buf(req, buffer, used <= size ? used : 0);
}

static const struct fuse_lowlevel_ops operations = {
    .init = init,
    .lookup = lookup,
    .getattr = getattr,
    .open = open_file,
    .read = read_file,
    .readdir = readdir_root,
};

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: passthrough FILE DIR\n");
    return 2;
  }
  backing = open(argv[1], O_RDONLY);
  if (backing < 0 || fstat(backing, &backing_stat) != 0) {
    perror(argv[1]);
    return 1;
  }
  char options[64];
  snprintf(options, sizeof options, "-omax_read=%d,fsname=passthrough", REQUEST_BYTES);
  char *fuse_argv[] = {argv[0], options, NULL};
  struct fuse_args args = FUSE_ARGS_INIT(2, fuse_argv);
  struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
  if (session == NULL || fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, argv[2]) != 0) {
    return 1;
  }
  struct fuse_loop_config *config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_clone_fd(config, 1);
  fuse_session_loop_mt(session, config);
  fuse_session_unmount(session);
  fuse_session_destroy(session);
  return 0;
}

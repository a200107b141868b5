/*
 * The peer that writing through a mount is measured against: a good plain FUSE server in C that shows a folder as it is.
 * libfuse 3's low-level interface, multi-threaded loop with a cloned descriptor for each thread, 1 MiB requests, direct
 * I/O for handles that write, long lifetimes of names and attributes, permissions that are checked, by the kernel, and extended
 * attributes that can be asked for, as h5fs has them. Always in the foreground.
 *
 * usage: passthrough-dir FOLDER DIR
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define REQUEST_BYTES (1 << 20)
#define LIFETIME_SECONDS 3600.0
#define XATTR_BYTES (1 << 16)

/* A file that the kernel knows, held by an O_PATH descriptor; its address is the node id. Never forgotten. */
struct inode {
  ino_t ino;
  int fd;
};

static struct inode root;
static void *inodes;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int compare(const void *a, const void *b) {
  ino_t x = ((const struct inode *)a)->ino, y = ((const struct inode *)b)->ino;
  return x < y ? -1 : x > y;
}

static int path_fd(fuse_ino_t ino) {
  return ino == FUSE_ROOT_ID ? root.fd : ((struct inode *)(uintptr_t)ino)->fd;
}

static void proc_path(char out[64], fuse_ino_t ino) {
  snprintf(out, 64, "/proc/self/fd/%d", path_fd(ino));
}

static int find(fuse_ino_t parent, const char *name, struct fuse_entry_param *e) {
  memset(e, 0, sizeof *e);
  e->attr_timeout = e->entry_timeout = LIFETIME_SECONDS;
  int fd = openat(path_fd(parent), name, O_PATH | O_NOFOLLOW);
  if (fd < 0 || fstatat(fd, "", &e->attr, AT_EMPTY_PATH) != 0) return errno;
  struct inode *made = malloc(sizeof *made);
  *made = (struct inode){.ino = e->attr.st_ino, .fd = fd};
  pthread_mutex_lock(&mutex);
  struct inode *known = *(struct inode **)tsearch(made, &inodes, compare);
  pthread_mutex_unlock(&mutex);
  if (known != made) {
    close(fd);
    free(made);
  }
  e->ino = (uintptr_t)known;
  return 0;
}

static void reply_entry(fuse_req_t req, fuse_ino_t parent, const char *name, int failed) {
  struct fuse_entry_param e;
  int err = failed != 0 ? errno : find(parent, name, &e);
  if (err != 0) fuse_reply_err(req, err);
  else fuse_reply_entry(req, &e);
}

static void init(void *userdata, struct fuse_conn_info *conn) {
  (void)userdata;
  conn->max_read = REQUEST_BYTES;
  conn->max_write = REQUEST_BYTES;
  conn->want &= ~(FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_SPLICE_READ);
}

static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name) { reply_entry(req, parent, name, 0); }

static void getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  struct stat st;
  (void)fi;
  if (fstatat(path_fd(ino), "", &st, AT_EMPTY_PATH) != 0) fuse_reply_err(req, errno);
  else fuse_reply_attr(req, &st, LIFETIME_SECONDS);
}

static void setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int valid, struct fuse_file_info *fi) {
  char path[64];
  proc_path(path, ino);
  int failed = 0;
  if ((valid & FUSE_SET_ATTR_MODE) != 0) failed |= chmod(path, attr->st_mode);
  if ((valid & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0) {
    uid_t uid = (valid & FUSE_SET_ATTR_UID) != 0 ? attr->st_uid : (uid_t)-1;
    gid_t gid = (valid & FUSE_SET_ATTR_GID) != 0 ? attr->st_gid : (gid_t)-1;
    failed |= fchownat(path_fd(ino), "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
  }
  if ((valid & FUSE_SET_ATTR_SIZE) != 0) failed |= truncate(path, attr->st_size);
  if ((valid & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME)) != 0) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    if ((valid & FUSE_SET_ATTR_ATIME) != 0) times[0] = attr->st_atim;
    if ((valid & FUSE_SET_ATTR_MTIME) != 0) times[1] = attr->st_mtim;
    if ((valid & FUSE_SET_ATTR_ATIME_NOW) != 0) times[0].tv_nsec = UTIME_NOW;
    if ((valid & FUSE_SET_ATTR_MTIME_NOW) != 0) times[1].tv_nsec = UTIME_NOW;
    failed |= utimensat(AT_FDCWD, path, times, 0);
  }
  if (failed != 0) fuse_reply_err(req, errno);
  else getattr(req, ino, fi);
}

static void get_xattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size) {
  char path[64], value[XATTR_BYTES];
  proc_path(path, ino);
  ssize_t n = getxattr(path, name, value, size < sizeof value ? size : sizeof value);
  if (n < 0) fuse_reply_err(req, errno);
  else if (size == 0) fuse_reply_xattr(req, (size_t)n);
  else fuse_reply_buf(req, value, (size_t)n);
}

static void set_xattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags) {
  char path[64];
  proc_path(path, ino);
  fuse_reply_err(req, setxattr(path, name, value, size, flags) != 0 ? errno : 0);
}

static void make_dir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode) {
  reply_entry(req, parent, name, mkdirat(path_fd(parent), name, mode));
}

static void make_symlink(fuse_req_t req, const char *text, fuse_ino_t parent, const char *name) {
  reply_entry(req, parent, name, symlinkat(text, path_fd(parent), name));
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name) {
  fuse_reply_err(req, unlinkat(path_fd(parent), name, 0) != 0 ? errno : 0);
}

static void remove_dir(fuse_req_t req, fuse_ino_t parent, const char *name) {
  fuse_reply_err(req, unlinkat(path_fd(parent), name, AT_REMOVEDIR) != 0 ? errno : 0);
}

static void rename_name(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname,
                        unsigned int flags) {
  fuse_reply_err(req, renameat2(path_fd(parent), name, path_fd(newparent), newname, flags) != 0 ? errno : 0);
}

static void opened(struct fuse_file_info *fi, int fd) {
  fi->fh = (uint64_t)fd;
  fi->direct_io = (fi->flags & O_ACCMODE) != O_RDONLY;
  fi->keep_cache = 1;
}

static void create_file(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi) {
  struct fuse_entry_param e;
  int fd = openat(path_fd(parent), name, (fi->flags | O_CREAT) & ~(O_NOFOLLOW | O_APPEND), mode);
  int err = fd < 0 ? errno : find(parent, name, &e);
  if (err != 0) {
    fuse_reply_err(req, err);
    return;
  }
  opened(fi, fd);
  fuse_reply_create(req, &e, fi);
}

static void open_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  char path[64];
  proc_path(path, ino);
  int fd = open(path, fi->flags & ~(O_NOFOLLOW | O_APPEND));
  if (fd < 0) {
    fuse_reply_err(req, errno);
    return;
  }
  opened(fi, fd);
  fuse_reply_open(req, fi);
}

static void read_file(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi) {
  static _Thread_local char buffer[REQUEST_BYTES];
  (void)ino;
  ssize_t n = pread((int)fi->fh, buffer, size < REQUEST_BYTES ? size : REQUEST_BYTES, off);
  if (n < 0) fuse_reply_err(req, errno);
  else fuse_reply_buf(req, buffer, (size_t)n);
}

static void write_file(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t off,
                       struct fuse_file_info *fi) {
  (void)ino;
  ssize_t n = pwrite((int)fi->fh, bytes, size, off);
  if (n < 0) fuse_reply_err(req, errno);
  else fuse_reply_write(req, (size_t)n);
}

static void flush_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  (void)ino;
  (void)fi;
  fuse_reply_err(req, 0);
}

static void release_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  (void)ino;
  close((int)fi->fh);
  fuse_reply_err(req, 0);
}

static void sync_file(fuse_req_t req, fuse_ino_t ino, int dataonly, struct fuse_file_info *fi) {
  (void)ino;
  fuse_reply_err(req, (dataonly != 0 ? fdatasync((int)fi->fh) : fsync((int)fi->fh)) != 0 ? errno : 0);
}

static void read_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi) {
  char path[64], buffer[65536];
  size_t used = 0;
  (void)fi;
  proc_path(path, ino);
  DIR *dir = opendir(path);
  if (dir == NULL) {
    fuse_reply_err(req, errno);
    return;
  }
  if (off != 0) seekdir(dir, off);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    struct stat st = {.st_ino = entry->d_ino, .st_mode = (mode_t)entry->d_type << 12};
    size_t room = (size < sizeof buffer ? size : sizeof buffer) - used;
    size_t n = fuse_add_direntry(req, buffer + used, room, entry->d_name, &st, entry->d_off);
    if (n > room) break;
    used += n;
  }
  closedir(dir);
  fuse_reply_buf(req, buffer, used);
}

static const struct fuse_lowlevel_ops operations = {
    .init = init,          .lookup = lookup,     .getattr = getattr,     .setattr = setattr,
    .mkdir = make_dir,     .symlink = make_symlink, .unlink = remove_name, .rmdir = remove_dir,
    .rename = rename_name, .create = create_file, .open = open_file,     .read = read_file,
    .write = write_file,   .flush = flush_file,  .release = release_file, .fsync = sync_file,
    .readdir = read_dir,   .getxattr = get_xattr, .setxattr = set_xattr,
};

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: passthrough-dir FOLDER DIR\n");
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  umask(0);
  root.fd = open(argv[1], O_PATH | O_DIRECTORY);
  if (root.fd < 0) {
    perror(argv[1]);
    return 1;
  }
  char options[64];
  snprintf(options, sizeof options, "-omax_read=%d,default_permissions,fsname=passthrough", REQUEST_BYTES);
  char *fuse_argv[] = {argv[0], options, NULL};
  struct fuse_args args = FUSE_ARGS_INIT(2, fuse_argv);
  struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
  if (session == NULL || fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, argv[2]) != 0) return 1;
  struct fuse_loop_config *config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_clone_fd(config, 1);
  fuse_session_loop_mt(session, config);
  fuse_session_unmount(session);
  fuse_session_destroy(session);
  return 0;
}

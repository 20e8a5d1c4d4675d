// Orthogonal matrices on the CPU. Threads first make the blocks of reflectors and then compute strips of columns.
#include "orthogonal.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "cpu/float_environment.h"
#include "cpu/instruction_sets.h"
#include "cpu/parallel.h"

namespace fastinit {
namespace {

// A strip and the reflectors that are applied to it stay in a core's own cache.
constexpr std::uint64_t kStripBytes = std::uint64_t{3} << 17;
// For fewer multiply-adds, another thread costs more than it saves.
constexpr double kSmallestShare = 4e6;
// So many strips for each thread that one slow thread does not hold up the others.
constexpr std::uint64_t kStripsPerThread = 4;
constexpr std::align_val_t kAlignment{128};

struct Free {
  void operator()(unsigned char* memory) const { ::operator delete[](memory, kAlignment); }
};
using Memory = std::unique_ptr<unsigned char[], Free>;
Memory allocate(std::uint64_t bytes) { return Memory(new (kAlignment) unsigned char[bytes]); }

// A strip that a thread works on, or has left unfinished at the end of a turn.
struct Job {
  Strip strip;
  std::uint64_t blocks_left;
  Memory memory;
};

class Strips {
 public:
  Strips(const OrthogonalSpec& spec, const OrthogonalFunctions& functions, int threads)
      : spec_(spec), functions_(functions), columns_(spec.vectors.size()) {
    const std::uint64_t row_bytes = functions.width * functions.scalar_bytes;
    const std::uint64_t group_bytes = ReflectorLayout::rounded(spec.length) * row_bytes;
    const std::uint64_t groups = (columns_ + functions.width - 1) / functions.width;
    const std::uint64_t strips = threads == 1 ? 1 : static_cast<std::uint64_t>(threads) * kStripsPerThread;
    groups_ = std::clamp<std::uint64_t>(kStripBytes / group_bytes, 1, (groups + strips - 1) / strips);
    left_ = (groups + groups_ - 1) / groups_;
    jobs_left_ = left_;
    const std::uint64_t values_bytes = groups_ * group_bytes;
    idle_.reserve(static_cast<std::size_t>(threads));  // reserved here, because threads must not allocate
    begun_.reserve(static_cast<std::size_t>(threads));
    for (int k = 0; k < threads; ++k) {
      Memory memory = allocate(values_bytes + 2 * groups_ * kReflectors * row_bytes);
      const Strip strip{0, 0, groups_, memory.get(), memory.get() + values_bytes};
      idle_.push_back(Job{strip, 0, std::move(memory)});
    }
  }

  bool done() const { return jobs_left_ == 0; }

  // Works on strips until none is left or the turn is over.
  void work(const void* reflectors, void* target, const Turn& turn) {
    Job job;
    while (take(reflectors, job)) {
      while (job.blocks_left > 0) {
        functions_.apply(spec_, --job.blocks_left, reflectors, job.strip);
        if (job.blocks_left > 0 && turn.is_over()) {
          const std::lock_guard<std::mutex> lock(mutex_);
          begun_.push_back(std::move(job));
          return;
        }
      }
      functions_.write(spec_, job.strip, target);
      const std::lock_guard<std::mutex> lock(mutex_);
      idle_.push_back(std::move(job));
      --jobs_left_;
      if (turn.is_over()) return;
    }
  }

 private:
  bool take(const void* reflectors, Job& job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!begun_.empty()) {
        job = std::move(begun_.back());
        begun_.pop_back();
        return true;
      }
      if (left_ == 0) return false;
      job = std::move(idle_.back());
      idle_.pop_back();
      // The last columns cost most, so they come first.
      job.strip.first = --left_ * groups_ * functions_.width;
    }
    job.strip.columns = std::min(groups_ * functions_.width, columns_ - job.strip.first);
    job.strip.groups = (job.strip.columns + functions_.width - 1) / functions_.width;
    std::uint64_t last = 0;
    for (std::uint64_t c = 0; c < job.strip.columns; ++c) {
      last = std::max(last, spec_.vectors.index_of(job.strip.first + c));
    }
    job.blocks_left = last / kReflectors + 1;
    functions_.begin(spec_, reflectors, job.strip);
    return true;
  }

  const OrthogonalSpec& spec_;
  const OrthogonalFunctions& functions_;
  std::uint64_t columns_;
  std::uint64_t groups_;     // in a strip
  std::uint64_t left_;       // strips that no thread has taken
  std::uint64_t jobs_left_;  // strips that are not written
  std::mutex mutex_;
  std::vector<Job> idle_, begun_;
};

}  // namespace

std::uint64_t OrthogonalSpec::blocks() const {
  std::uint64_t last = vectors.start + vectors.run - 1;
  for (int k = 0; k < vectors.rank; ++k) last += (vectors.extents[k] - 1) * vectors.strides[k];
  return last / kReflectors + 1;
}

FillSpec reflector_normals(const OrthogonalSpec& spec, std::uint64_t k, std::uint64_t first, std::uint64_t count) {
  FillSpec normals;
  normals.start = k * spec.length + first;
  normals.run = count;
  normals.rank = 0;
  normals.distribution = Distribution::kNormal;
  normals.type = element_facts(spec.type).is_wide ? ElementType::kFloat64 : ElementType::kFloat32;
  normals.seed = spec.seed;
  normals.stream = spec.stream;
  normals.parameters[0] = 0;
  normals.parameters[1] = 1;
  return normals;
}

bool fill_orthogonal(const OrthogonalSpec& spec, void* target, Interrupt interrupt) {
  if (spec.elements.size() == 0 || spec.vectors.size() == 0) return true;
  const DefaultFloatEnvironment guard;
  const OrthogonalFunctions& functions = orthogonal_table().functions[static_cast<int>(spec.type)];
  const ReflectorLayout layout{spec.length};
  const std::uint64_t blocks = spec.blocks();
  const double work = 2.0 * static_cast<double>(spec.length) * static_cast<double>(kReflectors * blocks) *
                      static_cast<double>(spec.vectors.size());
  const int threads = static_cast<int>(std::clamp(work / kSmallestShare, 1.0, static_cast<double>(num_threads())));

  const Memory reflectors = allocate(layout.start(blocks) * functions.scalar_bytes);
  Strips strips(spec, functions, threads);
  const bool made = for_each_piece(
      blocks, threads,
      [&](std::uint64_t block) {
        const DefaultFloatEnvironment own;
        functions.make(spec, block, reflectors.get() + layout.start(block) * functions.scalar_bytes);
      },
      interrupt);
  return made && in_turns(
                     threads,
                     [&](const Turn& turn) {
                       const DefaultFloatEnvironment own;
                       strips.work(reflectors.get(), target, turn);
                     },
                     [&] { return strips.done(); }, interrupt);
}

}  // namespace fastinit

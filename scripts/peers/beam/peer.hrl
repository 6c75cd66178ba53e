%% What an iteration is to do; actors and messages as in bench/src/peers/task.rs.
-record(task, {work :: atom(), actors :: pos_integer(), messages :: pos_integer()}).
%% What one was: when its first message was sent and its last was handled, in nanoseconds of the monotonic clock.
-record(iteration, {began :: integer(), ended :: integer(), counts :: [non_neg_integer()], disorder = 0 :: non_neg_integer()}).

-define(NOW, erlang:monotonic_time(nanosecond)).
